import { z } from 'zod'
import { speechVendorNames } from '#lib/config/speech.ts'
import type { Services } from '#lib/context.ts'
import * as field from './fields.ts'

const settingsSchema = z.object({
  stability: z.number().optional(),
  similarityBoost: z.number().optional(),
  style: z.number().optional(),
  useSpeakerBoost: z.boolean().optional(),
  speed: z.number().optional(),
})

export const voicesAnswerSchema = z
  .object({
    success: field.success,
    data: z.object({
      provider: z.enum(speechVendorNames),
      voices: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          language: z.string().optional(),
          accent: z.string().optional(),
          gender: z.string().optional(),
          age: z.string().optional(),
          description: z.string().optional(),
          previewUrl: z
            .url()
            .optional()
            .meta({ description: 'Where a sample of the voice can be heard, at its vendor.' }),
          settings: settingsSchema
            .optional()
            .meta({ description: 'How it speaks where a request says nothing else.' }),
        }),
      ),
    }),
  })
  .meta({ id: 'VoicesAnswer' })

/**
 * The answer to `GET /api/voices`.
 *
 * @throws ServiceError when the vendor fails and has never answered
 */
export async function voicesAnswer({ speech, tasks }: Services) {
  const voices = await speech.voices({ signal: tasks.signal })
  return { success: true, data: { provider: speech.vendor.name, voices } }
}
