import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'

type ZodOpenApiMediaTypes = Record<string, { schema: z.ZodType }>

import { captionsJsonSchema } from '#lib/http/answers/captions.ts'
import { clipAnswerSchema } from '#lib/http/answers/clip.ts'
import { clipId } from '#lib/http/answers/fields.ts'
import { answer, audioContent, problems } from './parts.ts'

const requestParams = { path: z.object({ id: clipId }) }
const security: [] = []
const tags = ['Clips']

const audioAnswers = {
  '200': { description: 'The whole clip', content: audioContent },
  '206': { description: 'The part that `Range` asked for', content: audioContent },
  '302': {
    description: 'The clip is on IPFS only, or a bucket serves it: the permanent URL, or a presigned one',
    headers: z.object({ Location: z.url() }),
  },
  '304': { description: 'The caller has the current clip already' },
  ...problems('not_found', 'expired', 'precondition_failed', 'range_not_satisfiable'),
  ...problems('storage_unavailable', 'content_damaged'),
}

function captionsPath(
  name: string,
  what: string,
  content: ZodOpenApiMediaTypes,
): ZodOpenApiPathsObject[string] {
  return {
    get: {
      operationId: `getCaptions${name}`,
      tags,
      security,
      requestParams,
      summary: `Get the captions of a clip as ${what}`,
      responses: {
        '200': { description: 'When which word is said', content },
        '206': { description: 'The part that `Range` asked for', content },
        '304': { description: 'The caller has them already' },
        ...problems('not_found', 'expired', 'precondition_failed', 'range_not_satisfiable'),
        ...problems('storage_unavailable'),
      },
    },
  }
}

/** The state of a clip, and its bytes. */
export const clipPaths: ZodOpenApiPathsObject = {
  '/api/clips/{id}': {
    get: {
      operationId: 'getClip',
      tags,
      security,
      requestParams,
      summary: 'Get the state of a clip, with every upload attempt',
      responses: {
        '200': answer('The record of the clip; expired clips keep theirs', clipAnswerSchema),
        ...problems('not_found', 'storage_unavailable'),
      },
    },
  },
  '/api/clips/{id}/events': {
    get: {
      operationId: 'followClip',
      tags,
      security,
      requestParams,
      summary: 'Watch a clip until it is stored or expired',
      description: 'A server-sent event `clip` for each change; its data are those of `GET /api/clips/{id}`.',
      responses: {
        '200': { description: 'The events', content: { 'text/event-stream': { schema: z.string() } } },
        '204': { description: 'The event that `Last-Event-ID` names was the last one' },
        ...problems('not_found', 'rate_limited', 'storage_unavailable', 'shutting_down'),
      },
    },
  },
  '/api/clips/{id}/captions.vtt': captionsPath('Vtt', 'WebVTT', { 'text/vtt': { schema: z.string() } }),
  '/api/clips/{id}/captions.srt': captionsPath('Srt', 'SubRip', {
    'application/x-subrip': { schema: z.string() },
  }),
  '/api/clips/{id}/captions.json': captionsPath('Json', 'JSON: words and characters', {
    'application/json': { schema: captionsJsonSchema },
  }),
  '/api/temp-audio/{id}': {
    get: {
      operationId: 'getAudio',
      tags,
      security,
      requestParams: {
        ...requestParams,
        query: z.object({
          download: z
            .string()
            .optional()
            .meta({ description: 'If present, the browser is told to save the clip as a file.' }),
        }),
        header: z.object({ Range: z.string().optional().meta({ example: 'bytes=0-1023' }) }),
      },
      summary: 'Get the audio of a clip',
      responses: audioAnswers,
    },
    head: {
      operationId: 'headAudio',
      tags,
      security,
      requestParams,
      summary: 'Get the size and type of a clip',
      responses: audioAnswers,
    },
  },
}
