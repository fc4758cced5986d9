import { z } from 'zod'
import { acceptedFormats, outputFormatOf, outputFormats } from '#lib/audio/formats.ts'
import type { Config } from '#lib/config/index.ts'
import { oncePer } from '#lib/platform/once-per.ts'
import { noteFields } from './note-fields.ts'
import { optional } from './optional.ts'

const share = z.number().min(0).max(1)

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
        .refine((format) => acceptedFormats.includes(format), {
          error: `must be one of ${outputFormats.join(', ')}`,
        })
        .transform(outputFormatOf)
        .meta({ override: { enum: acceptedFormats } }),
    ),
    languageCode: optional(
      z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?$/, 'must be a language code such as en or pt-BR'),
    ),
    seed: optional(z.int().min(0).max(4_294_967_295)),
  }
}

const requestIds = optional(z.array(z.string().min(1).max(200)).max(3))
const context = optional(
  z.string().transform((text) => (text.trim() === '' ? undefined : text.toWellFormed())),
)

/** The other fields that ElevenLabs has, with its own meanings and bounds. Vendors that have no such thing refuse them. */
export const vendorFields = {
  enableLogging: optional(
    z.boolean().meta({ description: '`false`: the vendor is to keep nothing of the request.' }),
  ),
  optimizeStreamingLatency: optional(z.int().min(0).max(4)),
  previousText: context,
  nextText: context,
  previousRequestIds: requestIds,
  nextRequestIds: requestIds,
  applyTextNormalization: optional(z.enum(['auto', 'on', 'off'])),
  applyLanguageTextNormalization: optional(z.boolean()),
  usePvcAsIvc: optional(z.boolean()),
}

const reference = z.string().min(1).max(200)

/** The fields of the objects that some of them are. */
export const dictionaryLocatorFields = {
  pronunciationDictionaryId: reference,
  versionId: optional(reference),
}

export const audioEffectFields = {
  filterPresetId: optional(reference),
  distance: optional(share),
  environmentId: optional(reference),
  backgroundNoiseId: optional(reference),
  sendLevel: optional(share),
  pan: optional(z.number().min(-1).max(1)),
  seed: optional(z.int()),
}

/** How to speak, in words: OpenAI's own field. */
export const instructionsField = context

/** The body of `POST /api/agents/vocalize`. Unknown fields are ignored; `null` counts as absent. */
export const vocalizeSchema = oncePer((access: Config['access']) => {
  return z.object({
    ...speechFields(access),
    voiceSettings: optional(voiceSettingsSchema),
    ...vendorFields,
    pronunciationDictionaryLocators: optional(z.array(z.object(dictionaryLocatorFields)).max(3)),
    audioEffects: optional(z.object(audioEffectFields)),
    instructions: instructionsField,
    timestamps: optional(
      z.boolean().meta({
        description:
          '`true`: make captions, where the voice can say when which word is spoken. The text is kept with the clip then, and published with it.',
      }),
    ),
    reuse: optional(
      z
        .boolean()
        .meta({ description: '`false`: speak the text again even if there is a clip of the same request.' }),
    ),
    ...noteFields,
  })
})
