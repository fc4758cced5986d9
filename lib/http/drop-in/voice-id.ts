import { z } from 'zod'

/**
 * A voice as clients of other services name it: `Emily.wav`, `af_bella+af_sky`, `Rachel (calm)`. What it means is for the
 * vendor to say.
 */
export const voiceIdField = z
  .string({ error: ({ input }) => (input === undefined ? 'is required' : 'must be a string') })
  .trim()
  .regex(/^[^\p{Cc}\p{Cs}/\\]{1,128}$/u, 'must be 1 to 128 characters without slashes and control characters')
  .meta({ description: 'The id or name of a voice.', example: 'slt' })
