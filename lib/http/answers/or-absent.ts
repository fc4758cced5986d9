/** A time in milliseconds since the epoch as answers write it. */
export const iso = (timeMs: number) => new Date(timeMs).toISOString()

/** A field that is `null` in a record is missing in an answer. */
export const orAbsent = <T>(value: T | null) => value ?? undefined

export const isoOrAbsent = (timeMs: number | null) => (timeMs === null ? undefined : iso(timeMs))
