const KEY = Symbol.for('voicepin.state')

type States = WeakMap<object, Map<string, unknown>>

/**
 * What belongs to `owner` under `name`, made at the first call. It is the same wherever it is asked for: the framework
 * loads modules more than once a process, so that a variable of a module exists several times.
 */
export function sameEverywhere<T>(owner: object, name: string, create: () => T): T {
  const holder = globalThis as { [KEY]?: States }
  holder[KEY] ??= new WeakMap()
  const states = holder[KEY].get(owner) ?? new Map<string, unknown>()
  holder[KEY].set(owner, states)
  if (!states.has(name)) states.set(name, create())
  return states.get(name) as T
}

/** A test for errors of one name. `instanceof` would lie about those that another copy of a module has thrown. */
export function named<E extends Error>(name: E['name']) {
  return (error: unknown): error is E => error instanceof Error && error.name === name
}
