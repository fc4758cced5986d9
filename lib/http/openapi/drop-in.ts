import { z } from 'zod'
import type { ZodOpenApiPathsObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import type { Config } from '#lib/config/index.ts'
import { elevenLabsSchema } from '#lib/http/drop-in/elevenlabs.ts'
import { openAiSchema } from '#lib/http/drop-in/openai.ts'
import { speechFields } from '#lib/http/schemas.ts'
import { answer, audioContent, callerSecurity, streamHeaders } from './parts.ts'

const tags = ['Drop-in']

const elevenLabsErrorSchema = z
  .object({
    detail: z.union([
      z.object({ status: z.string(), message: z.string(), request_id: z.string().optional() }),
      z.array(z.object({ loc: z.array(z.string()), msg: z.string(), type: z.string() })),
    ]),
  })
  .meta({ id: 'ElevenLabsError' })

const openAiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: 'OpenAiError' })

const elevenLabsVoicesSchema = z
  .object({
    voices: z.array(
      z.object({
        voice_id: z.string(),
        name: z.string(),
        category: z.string(),
        labels: z.record(z.string(), z.string()),
        description: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'ElevenLabsVoices' })

function errors(schema: z.ZodType, statuses: number[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(statuses.map((status) => [String(status), answer('An error', schema)]))
}

/** The doors that other vendors' programs know. */
export function dropInPaths({ access }: Config): ZodOpenApiPathsObject {
  const { voiceId, outputFormat } = speechFields(access)
  const security = callerSecurity(access)
  const audio = { '200': { description: 'The audio', headers: streamHeaders, content: audioContent } }
  const speak = {
    tags,
    security,
    requestParams: {
      path: z.object({ voice_id: voiceId }),
      query: z.object({ output_format: outputFormat }),
    },
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: elevenLabsSchema(access), example: { text: 'Hello from Voicepin' } },
      },
    },
    responses: { ...audio, ...errors(elevenLabsErrorSchema, [401, 404, 413, 422, 429, 500, 502, 503, 504]) },
  }
  return {
    '/v1/text-to-speech/{voice_id}': {
      post: { operationId: 'elevenLabsConvert', summary: 'Speak, as ElevenLabs’ API does', ...speak },
    },
    '/v1/text-to-speech/{voice_id}/stream': {
      post: { operationId: 'elevenLabsStream', summary: 'The same, under its other name', ...speak },
    },
    '/v1/voices': {
      get: {
        operationId: 'elevenLabsVoices',
        summary: 'The voices, as ElevenLabs lists them',
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
        summary: 'Speak, as OpenAI’s API does',
        tags,
        security,
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
          ...errors(openAiErrorSchema, [400, 401, 404, 413, 429, 500, 502, 503, 504]),
        },
      },
    },
  }
}
