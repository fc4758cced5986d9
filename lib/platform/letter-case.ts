/** `value` with the keys of all its objects, however deep, in snake_case: `voiceSettings` becomes `voice_settings`. */
export const snakeCased = (value: unknown): unknown => withKeys(value, snakeCase)

/** `value` with the keys of all its objects, however deep, in camelCase. */
export const camelCased = (value: unknown): unknown => withKeys(value, camelCase)

export const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export const camelCase = (name: string) =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

function withKeys(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => withKeys(item, rename))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [rename(key), withKeys(inner, rename)]),
  )
}
