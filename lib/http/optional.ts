import type { z } from 'zod'

/** May be left out; `null` counts as left out. */
export const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined)
