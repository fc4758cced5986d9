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

/** What programs of other vendors ask before they speak. */
export function dropInListPaths({ access }: Config): ZodOpenApiPathsObject {
  const get = (
    operation: Pick<ZodOpenApiOperationObject, 'operationId' | 'summary' | 'requestParams'>,
    schema: z.ZodType,
    error: z.ZodType,
  ) => ({
    get: {
      ...operation,
      tags: ['Drop-in'],
      security: callerSecurity(access),
      responses: {
        '200': answer('What there is', schema),
        ...dropInErrors(error, statuses),
      },
    },
  })
  const elevenLabs = (
    operationId: string,
    summary: string,
    schema: z.ZodType,
    requestParams: ZodOpenApiOperationObject['requestParams'] = {},
  ) => get({ operationId, summary, requestParams }, schema, elevenLabsErrorSchema)
  const openAi = (
    operationId: string,
    summary: string,
    schema: z.ZodType,
    requestParams: ZodOpenApiOperationObject['requestParams'] = {},
  ) => get({ operationId, summary, requestParams }, schema, openAiErrorSchema)
  return {
    '/v1/voices': elevenLabs(
      'elevenLabsVoices',
      'List the voices, as the API of ElevenLabs does',
      elevenLabsVoicesSchema,
    ),
    '/v2/voices': elevenLabs(
      'elevenLabsVoicePage',
      'List the voices page by page, or look for some',
      elevenLabsVoicePageSchema,
      { query: voicePageSchema },
    ),
    '/v1/voices/{voice_id}': elevenLabs('elevenLabsVoice', 'Get a voice', elevenLabsVoiceSchema, { path }),
    '/v1/voices/{voice_id}/settings': elevenLabs(
      'elevenLabsVoiceSettings',
      'Get the settings of a voice',
      elevenLabsSettingsSchema,
      { path },
    ),
    '/v1/voices/settings/default': elevenLabs(
      'elevenLabsDefaultSettings',
      'Get the settings of voices that have none of their own',
      elevenLabsSettingsSchema,
    ),
    '/v1/user': elevenLabs('elevenLabsUser', 'Get the caller, with the subscription', elevenLabsUserSchema),
    '/v1/user/subscription': elevenLabs(
      'elevenLabsSubscription',
      'Get how many characters are used and left',
      elevenLabsSubscriptionSchema,
    ),
    '/v1/models': openAi(
      'openAiModels',
      'List the models, as the API of OpenAI does; with an xi-api-key as that of ElevenLabs does',
      z.union([openAiModelsSchema, elevenLabsModelsSchema]),
    ),
    '/v1/models/{model}': openAi('openAiModel', 'Get a model', openAiModelSchema, {
      path: z.object({ model: z.string() }),
    }),
    '/v1/audio/models': openAi(
      'openAiAudioModels',
      'List the models, for Open WebUI and the like',
      openAiAudioModelsSchema,
    ),
    '/v1/audio/voices': openAi(
      'openAiVoices',
      'List the voices, for Open WebUI and the like',
      openAiVoicesSchema,
    ),
  }
}
