import { z } from 'zod'
import { outputFormats } from '#lib/audio/formats.ts'
import type { Services } from '#lib/context.ts'
import * as field from '#lib/http/answers/fields.ts'
import { optional } from '#lib/http/optional.ts'
import { speechFields, vocalizeSchema } from '#lib/http/speech-fields.ts'
import { oncePer } from '#lib/platform/once-per.ts'

/** What `speak` takes: the fields of `POST /api/agents/vocalize` that an agent has use for. */
export const speakSchema = oncePer(({ config, speech }: Pick<Services, 'config' | 'speech'>) => {
  const { access } = config
  const { voiceId, outputFormat } = speechFields(access)
  return vocalizeSchema(access)
    .pick({
      text: true,
      modelId: true,
      languageCode: true,
      voiceSettings: true,
      instructions: true,
      label: true,
      metadata: true,
    })
    .extend({
      voiceId: optional(voiceId).describe(
        `The id of a voice, from list_voices; ${speech.vendor.exampleVoiceId} if left out.`,
      ),
      outputFormat: outputFormat.describe(
        `One of ${outputFormats.join(', ')}. Best left out: MP3, or what the voice speaks.`,
      ),
      timestamps: optional(z.boolean()).describe(
        'true: make captions as well, which are published together with the text.',
      ),
      reuse: optional(z.boolean()).describe(
        'false: speak again even if there is a clip of the same request.',
      ),
      idempotencyKey: optional(z.string().min(1).max(255)).describe(
        'For a day the same key with the same request gets the same clip.',
      ),
    })
})

export const clipName = z
  .string()
  .min(1)
  .max(2000)
  .describe('The id of the clip, the CID of a stored one, or its permanent or temporary URL.')

/** The answer of `verify_clip`. */
export const verdictSchema = z.object({
  isVerified: z.boolean().describe('Whether the right bytes, whose CID this is, were read just now.'),
  readFrom: z
    .string()
    .optional()
    .describe('The provider they were read from; `here`: this service, no provider has them yet.'),
  failures: z.array(z.string()).describe('Where they could not be read, and why.'),
  id: field.clipId,
  audioUrl: field.audioUrl,
  cid: field.cid.optional(),
  bytes: z.int().optional(),
})
