import { z } from 'zod'
import type { ZodOpenApiPathsObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import type { Config } from '#lib/config/index.ts'
import {
  elevenLabsErrorSchema,
  elevenLabsQuerySchema,
  elevenLabsSchema,
  elevenLabsVoicesSchema,
} from '#lib/http/drop-in/elevenlabs.ts'
import { openAiErrorSchema, openAiSchema } from '#lib/http/drop-in/openai.ts'
import { speechFields } from '#lib/http/speech-fields.ts'
import { answer, audioContent, callerSecurity, idempotencyHeader, streamHeaders } from './parts.ts'

const tags = ['Drop-in']

function errors(schema: z.ZodType, statuses: number[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    statuses.map((status) => [String(status), answer('An error, in the shape of that API', schema)]),
  )
}

/** The routes that programs of other vendors call. */
export function dropInPaths({ access }: Config): ZodOpenApiPathsObject {
  const { voiceId } = speechFields(access)
  const security = callerSecurity(access)
  const audio = {
    '200': { description: 'The audio, while it is spoken', headers: streamHeaders, content: audioContent },
  }
  const speak = {
    tags,
    security,
    requestParams: {
      path: z.object({ voice_id: voiceId }),
      query: elevenLabsQuerySchema(access),
      header: idempotencyHeader,
    },
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: elevenLabsSchema(access), example: { text: 'Hello from Voicepin' } },
      },
    },
    responses: {
      ...audio,
      ...errors(elevenLabsErrorSchema, [401, 404, 409, 413, 422, 429, 500, 502, 503, 504]),
    },
  }
  return {
    '/v1/text-to-speech/{voice_id}': {
      post: {
        operationId: 'elevenLabsConvert',
        summary: 'Speak a text, as the API of ElevenLabs does',
        ...speak,
      },
    },
    '/v1/text-to-speech/{voice_id}/stream': {
      post: {
        operationId: 'elevenLabsStream',
        summary: 'Speak a text, under the streaming URL of ElevenLabs',
        ...speak,
      },
    },
    '/v1/voices': {
      get: {
        operationId: 'elevenLabsVoices',
        summary: 'List the voices, as the API of ElevenLabs does',
        tags,
        security,
        responses: {
          '200': answer('All voices', elevenLabsVoicesSchema),
          ...errors(elevenLabsErrorSchema, [401, 429, 500, 502, 503, 504]),
        },
      },
    },
    '/v1/audio/speech': {
      post: {
        operationId: 'openAiSpeech',
        summary: 'Speak a text, as the API of OpenAI does',
        tags,
        security,
        requestParams: { header: idempotencyHeader },
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: openAiSchema(access),
              example: { model: 'tts-1', input: 'Hello from Voicepin', voice: 'alloy' },
            },
          },
        },
        responses: {
          ...audio,
          ...errors(openAiErrorSchema, [400, 401, 404, 409, 413, 422, 429, 500, 502, 503, 504]),
        },
      },
    },
  }
}
