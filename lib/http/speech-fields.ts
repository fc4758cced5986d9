import { z } from 'zod'
import { isOutputFormat, outputFormats } from '#lib/audio/formats.ts'
import type { Config } from '#lib/config/index.ts'

const share = z.number().min(0).max(1)

/** May be left out; `null` counts as left out. */
export const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined)

/** ElevenLabs' own meanings and bounds. */
export const voiceSettingsSchema = z.object({
  stability: optional(share),
  similarityBoost: optional(share),
  style: optional(share),
  useSpeakerBoost: optional(z.boolean()),
  speed: optional(z.number().min(0.7).max(1.2)),
})

/** The fields of every route that speaks, whichever names it gives them. */
export function speechFields({ maxTextLength }: Config['access']) {
  return {
    text: z
      .string({ error: ({ input }) => (input === undefined ? 'is required' : 'must be a string') })
      .transform((text) => text.toWellFormed().trim())
      .refine((text) => text.length > 0, { error: 'must not be empty', abort: true })
      .refine((text) => [...text].length <= maxTextLength, {
        error: `must be at most ${maxTextLength} characters long`,
      })
      .meta({
        description: `The text to speak: 1 to ${maxTextLength} characters after trimming.`,
        example: 'Hello from Voicepin',
        override: { minLength: 1 },
      }),
    voiceId: z
      .string({ error: ({ input }) => (input === undefined ? 'is required' : 'must be a string') })
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')
      .meta({ description: 'The id of a voice, from `GET /api/voices`.', example: 'slt' }),
    modelId: optional(
      z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, _, . or -'),
    ),
    outputFormat: optional(
      z
        .string()
        .refine(isOutputFormat, { error: `must be one of ${outputFormats.join(', ')}` })
        .meta({ override: { enum: outputFormats } }),
    ),
    languageCode: optional(
      z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?$/, 'must be a language code such as en or pt-BR'),
    ),
    seed: optional(z.int().min(0).max(4_294_967_295)),
  }
}

/** The body of `POST /api/agents/vocalize`. Unknown fields are ignored; `null` counts as absent. */
export function vocalizeSchema(access: Config['access']) {
  return z.object({
    ...speechFields(access),
    voiceSettings: optional(voiceSettingsSchema),
    reuse: optional(
      z
        .boolean()
        .meta({ description: '`false`: speak the text again even if there is a clip of the same request.' }),
    ),
  })
}
