const KEY = Symbol.for('voicepin.singletons')

/**
 * What this process has under `name`, made at the first call. It is the same wherever it is asked for: the framework
 * loads modules more than once a process, so that a variable of a module exists several times.
 */
export function processSingleton<T>(name: string, create: () => T): T {
  const holder = globalThis as { [KEY]?: Map<string, unknown> }
  holder[KEY] ??= new Map()
  if (!holder[KEY].has(name)) holder[KEY].set(name, create())
  return holder[KEY].get(name) as T
}
