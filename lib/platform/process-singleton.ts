const KEY = Symbol.for('voicepin.singletons')

/**
 * The one value that this process has under `name`, made at the first call. A variable of a module would not do: the
 * framework loads modules more than once a process, so that such a variable exists several times.
 */
export function processSingleton<T>(name: string, create: () => T): T {
  const holder = globalThis as { [KEY]?: Map<string, unknown> }
  holder[KEY] ??= new Map()
  if (!holder[KEY].has(name)) holder[KEY].set(name, create())
  return holder[KEY].get(name) as T
}
