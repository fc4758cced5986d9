import { z } from 'zod'
import type { ZodOpenApiPathsObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import type { Config } from '#lib/config/index.ts'
import { elevenLabsErrorSchema } from '#lib/http/drop-in/elevenlabs/errors.ts'
import { elevenLabsQuerySchema, elevenLabsSchema } from '#lib/http/drop-in/elevenlabs/request.ts'
import { elevenLabsTimedSchema } from '#lib/http/drop-in/elevenlabs/timestamps.ts'
import { openAiErrorSchema } from '#lib/http/drop-in/openai/errors.ts'
import { openAiSchema } from '#lib/http/drop-in/openai/request.ts'
import { voiceIdField } from '#lib/http/drop-in/voice-id.ts'
import { answer, audioContent, callerSecurity, idempotencyHeader, streamHeaders } from './parts.ts'

const tags = ['Drop-in']
const spoken = { description: 'The audio, while it is spoken', headers: streamHeaders }

/** The errors of routes of another API. */
export function dropInErrors(schema: z.ZodType, statuses: number[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    statuses.map((status) => [String(status), answer('An error, in the shape of that API', schema)]),
  )
}

/** The routes by which programs of other vendors speak. */
export function dropInPaths({ access }: Config): ZodOpenApiPathsObject {
  const security = callerSecurity(access)
  const audio = { '200': { ...spoken, content: audioContent } }
  const asEvents = { 'text/event-stream': { schema: z.string() } }
  const speak = {
    description:
      'For programs that are written for ElevenLabs: only their base URL changes. The clip is kept on IPFS as well; `X-Clip-Id` and `Link` name it.',
    tags,
    security,
    requestParams: {
      path: z.object({ voice_id: voiceIdField }),
      query: elevenLabsQuerySchema(access),
      header: idempotencyHeader,
    },
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: elevenLabsSchema(access), example: { text: 'Hello from Voicepin' } },
      },
    },
  }
  const errors = dropInErrors(elevenLabsErrorSchema, [401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504])
  const speakLikeOpenAi = {
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
      '200': { ...spoken, content: { ...audioContent, ...asEvents } },
      ...dropInErrors(openAiErrorSchema, [400, 401, 404, 409, 413, 422, 429, 500, 502, 503, 504]),
    },
  }
  return {
    '/v1/text-to-speech/{voice_id}': {
      post: {
        operationId: 'elevenLabsConvert',
        summary: 'Speak a text, as the API of ElevenLabs does',
        ...speak,
        responses: { ...audio, ...errors },
      },
    },
    '/v1/text-to-speech/{voice_id}/stream': {
      post: {
        operationId: 'elevenLabsStream',
        summary: 'Speak a text, under the streaming URL of ElevenLabs',
        ...speak,
        responses: { ...audio, ...errors },
      },
    },
    '/v1/text-to-speech/{voice_id}/with-timestamps': {
      post: {
        operationId: 'elevenLabsConvertTimed',
        summary: 'Speak a text, and say when which character is spoken',
        ...speak,
        description: 'The text is kept with the clip then, and published with it, as captions.',
        responses: {
          '200': { ...spoken, content: { 'application/json': { schema: elevenLabsTimedSchema } } },
          ...errors,
        },
      },
    },
    '/v1/text-to-speech/{voice_id}/stream/with-timestamps': {
      post: {
        operationId: 'elevenLabsStreamTimed',
        summary: 'The same, as an object on a line for each piece of audio',
        ...speak,
        description: 'The last object has the times of all characters, and no audio.',
        responses: { '200': { ...spoken, content: asEvents }, ...errors },
      },
    },
    '/v1/audio/speech': {
      post: {
        operationId: 'openAiSpeech',
        summary: 'Speak a text, as the API of OpenAI does',
        description:
          'For programs that are written for OpenAI: only their base URL changes. The clip is kept on IPFS as well; `X-Clip-Id` and `Link` name it. With `"stream_format": "sse"` the answer is a stream of events: `speech.audio.delta` with a piece in Base64, and `speech.audio.done`, whose tokens are characters.',
        ...speakLikeOpenAi,
      },
    },
    '/audio/speech': {
      post: {
        operationId: 'openAiSpeechShort',
        summary: 'The same, for clients whose base URL lacks /v1',
        description: 'Some programs for OpenAI are told a base URL without a version: as `openAiSpeech`.',
        ...speakLikeOpenAi,
      },
    },
  }
}
