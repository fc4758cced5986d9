import { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi'
import type { Config } from '#lib/config/index.ts'
import { elevenLabsSubscriptionSchema, elevenLabsUserSchema } from '#lib/http/drop-in/elevenlabs/account.ts'
import { elevenLabsErrorSchema } from '#lib/http/drop-in/elevenlabs/errors.ts'
import { elevenLabsModelsSchema } from '#lib/http/drop-in/elevenlabs/models.ts'
import {
  elevenLabsSettingsSchema,
  elevenLabsVoicePageSchema,
  elevenLabsVoiceSchema,
  elevenLabsVoicesSchema,
  voicePageSchema,
} from '#lib/http/drop-in/elevenlabs/voices.ts'
import { openAiErrorSchema } from '#lib/http/drop-in/openai/errors.ts'
import {
  openAiAudioModelsSchema,
  openAiModelSchema,
  openAiModelsSchema,
} from '#lib/http/drop-in/openai/models.ts'
import { openAiVoicesSchema } from '#lib/http/drop-in/openai/voices.ts'
import { voiceIdField } from '#lib/http/drop-in/voice-id.ts'
import { dropInErrors } from './drop-in.ts'
import { answer, callerSecurity } from './parts.ts'

const statuses = [401, 403, 404, 422, 429, 500, 502, 503, 504]
const path = z.object({ voice_id: voiceIdField })

type Operation = Pick<ZodOpenApiOperationObject, 'operationId' | 'summary' | 'description' | 'requestParams'>

/** What programs of other vendors ask before they speak. */
export function dropInListPaths({ access }: Config): ZodOpenApiPathsObject {
  const security = callerSecurity(access)
  const get = (error: z.ZodType) => (schema: z.ZodType, operation: Operation) => {
    const responses = { '200': answer('What there is', schema), ...dropInErrors(error, statuses) }
    return { get: { ...operation, tags: ['Drop-in'], security, responses } }
  }
  const elevenLabs = get(elevenLabsErrorSchema)
  const openAi = get(openAiErrorSchema)
  return {
    '/v1/voices': elevenLabs(elevenLabsVoicesSchema, {
      operationId: 'elevenLabsVoices',
      summary: 'List the voices, as the API of ElevenLabs does',
      description: 'The same voices as from `listVoices`, in the shape that programs for ElevenLabs expect.',
    }),
    '/v2/voices': elevenLabs(elevenLabsVoicePageSchema, {
      operationId: 'elevenLabsVoicePage',
      summary: 'List the voices page by page, or look for some',
      description:
        '`search` looks in names, descriptions and languages; `next_page_token` of a page gives the next one.',
      requestParams: { query: voicePageSchema },
    }),
    '/v1/voices/{voice_id}': elevenLabs(elevenLabsVoiceSchema, {
      operationId: 'elevenLabsVoice',
      summary: 'Get a voice by its id',
      description: 'One of the voices that `elevenLabsVoices` lists, with its settings.',
      requestParams: { path },
    }),
    '/v1/voices/{voice_id}/settings': elevenLabs(elevenLabsSettingsSchema, {
      operationId: 'elevenLabsVoiceSettings',
      summary: 'Get the settings of a voice',
      description: 'How the voice speaks where a request says nothing else, as far as the vendor tells.',
      requestParams: { path },
    }),
    '/v1/voices/settings/default': elevenLabs(elevenLabsSettingsSchema, {
      operationId: 'elevenLabsDefaultSettings',
      summary: 'Get the settings of voices that have none of their own',
      description: 'The values that ElevenLabs documents; programs show them as those of every voice.',
    }),
    '/v1/user': elevenLabs(elevenLabsUserSchema, {
      operationId: 'elevenLabsUser',
      summary: 'Get the caller, with the subscription',
      description: 'Who calls, as limits and budgets know it, and the same as `elevenLabsSubscription`.',
    }),
    '/v1/user/subscription': elevenLabs(elevenLabsSubscriptionSchema, {
      operationId: 'elevenLabsSubscription',
      summary: 'Get how many characters are used and left',
      description:
        'Of the account of the vendor where it tells them and the caller has a key, else of the day of the caller (`CHARACTERS_PER_DAY`), else as good as unlimited.',
    }),
    '/v1/models': openAi(z.union([openAiModelsSchema, elevenLabsModelsSchema]), {
      operationId: 'openAiModels',
      summary: 'List the models, as the API of OpenAI does',
      description: 'With an `xi-api-key` in the shape of ElevenLabs, whose path is the same.',
    }),
    '/v1/models/{model}': openAi(openAiModelSchema, {
      operationId: 'openAiModel',
      summary: 'Get a model by its id',
      description: 'One of the models that `openAiModels` lists, or 404 with the names of all.',
      requestParams: { path: z.object({ model: z.string() }) },
    }),
    '/v1/audio/models': openAi(openAiAudioModelsSchema, {
      operationId: 'openAiAudioModels',
      summary: 'List the models, for Open WebUI and the like',
      description: 'The same models as from `openAiModels`, in the shape that Open WebUI asks for.',
    }),
    '/v1/audio/voices': openAi(openAiVoicesSchema, {
      operationId: 'openAiVoices',
      summary: 'List the voices, for Open WebUI and the like',
      description:
        'The voices of the vendor, then the names of OpenAI, each of which stands for one of them.',
    }),
  }
}
