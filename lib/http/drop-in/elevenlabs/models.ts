import { z } from 'zod'
import type { Services } from '#lib/context.ts'
import type { SpeechModel } from '#lib/speech/speech.ts'

export const elevenLabsModelsSchema = z
  .array(
    z.object({
      model_id: z.string(),
      name: z.string(),
      description: z.string(),
      can_do_text_to_speech: z.literal(true),
      can_do_voice_conversion: z.literal(false),
      maximum_text_length_per_request: z.int(),
      languages: z.array(z.object({ language_id: z.string(), name: z.string() })),
    }),
  )
  .meta({ id: 'ElevenLabsModels' })

/**
 * The models in ElevenLabs' shape: of the vendor where it tells them, else the one that requests without one get.
 *
 * @see https://elevenlabs.io/docs/api-reference/models/list
 */
export async function elevenLabsModels({
  config,
  speech,
  tasks,
}: Pick<Services, 'config' | 'speech' | 'tasks'>) {
  const { maxTextLength } = config.access
  const models = (await speech.account?.models({ signal: tasks.signal })) ?? [ownModel(speech)]
  return models.map(({ id, name, description = '', languages, maxCharacters = maxTextLength }) => ({
    model_id: id,
    name,
    description,
    can_do_text_to_speech: true,
    can_do_voice_conversion: false,
    maximum_text_length_per_request: Math.min(maxCharacters, maxTextLength),
    languages: languages.map((language) => ({ language_id: language.id, name: language.name })),
  }))
}

/** Clients such as Home Assistant need a language. */
function ownModel({ vendor }: Services['speech']): SpeechModel {
  const { modelId: id } = vendor.defaults
  return { id, name: id, languages: [{ id: 'en', name: 'English' }] }
}
