import { z } from 'zod'
import type { Services } from '#lib/context.ts'
import { ServiceError } from '#lib/model/errors.ts'

/** OpenAI's own names, which all vendors take. */
const habitual = ['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts']

const modelSchema = z
  .object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })
  .meta({ id: 'OpenAiModel' })

export { modelSchema as openAiModelSchema }

export const openAiModelsSchema = z
  .object({ object: z.literal('list'), data: z.array(modelSchema) })
  .meta({ id: 'OpenAiModels' })

export const openAiAudioModelsSchema = z
  .object({ models: z.array(z.object({ id: z.string(), name: z.string() })) })
  .meta({ id: 'OpenAiAudioModels' })

type SpeechServices = Pick<Services, 'speech' | 'tasks'>

/** @see https://platform.openai.com/docs/api-reference/models/list */
export async function openAiModels(services: SpeechServices) {
  return { object: 'list', data: (await modelIds(services)).map((id) => asModel(services, id)) }
}

/** @throws ServiceError `not_found` */
export async function openAiModel(services: SpeechServices, id: string) {
  const ids = await modelIds(services)
  if (ids.includes(id)) return asModel(services, id)
  throw new ServiceError('not_found', `There is no model ${id}; there are ${ids.join(', ')}`)
}

/** The same for Open WebUI, which asks `/v1/audio/models`. */
export async function openAiAudioModels(services: SpeechServices) {
  return { models: (await modelIds(services)).map((id) => ({ id, name: id })) }
}

/** OpenAI's names, the default, and those of the vendor's account while it tells them. */
async function modelIds({ speech, tasks }: SpeechServices): Promise<string[]> {
  const own = await speech.account?.models({ signal: tasks.signal }).catch(() => [])
  return [...new Set([...habitual, speech.vendor.defaults.modelId, ...(own ?? []).map(({ id }) => id)])]
}

const asModel = ({ speech }: SpeechServices, id: string) => ({
  id,
  object: 'model',
  created: 0,
  owned_by: habitual.includes(id) ? 'voicepin' : speech.vendor.name,
})
