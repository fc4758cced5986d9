import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import type { Services } from '#lib/context.ts'
import { vocalizeAnswerSchema } from '#lib/http/answers/vocalize.ts'
import { voicesAnswerSchema } from '#lib/http/answers/voices.ts'
import { vocalizeSchema } from '#lib/http/speech-fields.ts'
import {
  answer,
  audioContent,
  callerSecurity,
  idempotencyHeader,
  problems,
  rateLimitHeaders,
  speakingErrors,
  streamHeaders,
} from './parts.ts'

const SPEAKS =
  'Give `text` and a `voiceId` from `listVoices`; the answer has `audioUrl`, the address of the audio, `pageUrl`, a page where people listen to it, and its `cid`. `isTemporary: true` means that no IPFS provider has it yet: `getClip` says later where it is. The same request again gives the same clip. With `Accept: audio/*` the answer is the audio itself, as from `POST /api/agents/vocalize/stream`. With `Accept: text/event-stream` it is a stream of events: `clip` (as in `GET /api/clips/{id}`) for each change, and at the end `result` with the JSON answer or `problem` with the problem document.'

/** The routes that speak. */
export function speakingPaths({
  config,
  speech,
}: Pick<Services, 'config' | 'speech'>): ZodOpenApiPathsObject {
  const { access } = config
  const example = { text: 'Hello from Voicepin', voiceId: speech.vendor.exampleVoiceId }
  const requestBody = {
    required: true,
    content: { 'application/json': { schema: vocalizeSchema(access), example } },
  }
  return {
    '/api/agents/vocalize': {
      post: {
        operationId: 'vocalize',
        summary: 'Speak a text and keep it on IPFS',
        description: SPEAKS,
        tags: ['Speech'],
        security: callerSecurity(access),
        requestParams: { header: idempotencyHeader },
        requestBody,
        responses: {
          '200': {
            description: 'The clip, stored on IPFS or kept temporarily',
            headers: rateLimitHeaders,
            content: {
              'application/json': { schema: vocalizeAnswerSchema },
              'text/event-stream': { schema: z.string() },
              ...audioContent,
            },
          },
          ...problems(...speakingErrors, 'idempotency_in_flight', 'idempotency_key_reused'),
        },
      },
    },
    '/api/agents/vocalize/stream': {
      post: {
        operationId: 'streamSpeech',
        summary: 'Stream a text while it is spoken, and keep it on IPFS',
        description:
          'The body is that of `vocalize`; the answer is the audio itself, from its first byte on. The clip is finished and stored even if the caller hangs up; `X-Clip-Id` names it.',
        tags: ['Speech'],
        security: callerSecurity(access),
        requestParams: { header: idempotencyHeader },
        requestBody,
        responses: {
          '200': {
            description: 'The audio while it is spoken; the answer ends once the clip is kept on disk',
            headers: streamHeaders,
            content: audioContent,
          },
          ...problems(...speakingErrors, 'idempotency_in_flight', 'idempotency_key_reused'),
        },
      },
    },
    '/api/voices': {
      get: {
        operationId: 'listVoices',
        summary: 'List the voices',
        description: 'The voices that can speak, each with the `id` that `vocalize` takes as `voiceId`.',
        tags: ['Speech'],
        security: callerSecurity(access),
        responses: {
          '200': answer('All voices', voicesAnswerSchema),
          ...problems(
            'unauthorized',
            'rate_limited',
            'speech_credentials_refused',
            'speech_overloaded',
            'speech_unavailable',
            'speech_timeout',
          ),
        },
      },
    },
  }
}
