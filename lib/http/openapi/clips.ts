import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
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
    description: 'Only IPFS has it any more; or it is to be had from a bucket, for a few minutes',
    headers: z.object({ Location: z.url() }),
  },
  '304': { description: 'The caller has it already' },
  ...problems('not_found', 'expired', 'precondition_failed', 'range_not_satisfiable', 'storage_unavailable'),
}

/** What can be learned of a clip, and the clip itself. */
export const clipPaths: ZodOpenApiPathsObject = {
  '/api/clips/{id}': {
    get: {
      operationId: 'getClip',
      tags,
      security,
      requestParams,
      summary: 'How a clip stands, with every try to store it',
      responses: {
        '200': answer('Its record; an expired clip has one, too', clipAnswerSchema),
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
      summary: 'Each change of a clip as it happens, until it is stored or expired',
      description: 'Server-sent events `clip`; the data are those of `GET /api/clips/{id}`.',
      responses: {
        '200': { description: 'The events', content: { 'text/event-stream': { schema: z.string() } } },
        '204': { description: 'The event named by `Last-Event-ID` was the last one' },
        ...problems('not_found', 'rate_limited', 'storage_unavailable', 'shutting_down'),
      },
    },
  },
  '/api/temp-audio/{id}': {
    get: {
      operationId: 'getAudio',
      tags,
      security,
      requestParams: {
        ...requestParams,
        query: z.object({
          download: z.string().optional().meta({ description: 'Given: the clip is offered as a file.' }),
        }),
        header: z.object({ Range: z.string().optional().meta({ example: 'bytes=0-1023' }) }),
      },
      summary: 'The bytes of a clip',
      responses: audioAnswers,
    },
    head: {
      operationId: 'headAudio',
      tags,
      security,
      requestParams,
      summary: 'The size and type of a clip',
      responses: audioAnswers,
    },
  },
}
