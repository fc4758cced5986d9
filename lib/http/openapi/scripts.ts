import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import type { Services } from '#lib/context.ts'
import { scriptId } from '#lib/http/answers/fields.ts'
import { scriptAnswerSchema } from '#lib/http/answers/script.ts'
import { scriptSchema } from '#lib/http/script-fields.ts'
import { answer, callerSecurity, idempotencyHeader, problems, rateLimitHeaders } from './parts.ts'

const tags = ['Speech']
const requestParams = { path: z.object({ id: scriptId }) }

/** The routes for texts that are too long for one request of a speech vendor. */
export function scriptPaths({
  config: { access },
  speech,
}: Pick<Services, 'config' | 'speech'>): ZodOpenApiPathsObject {
  const security = callerSecurity(access)
  const example = { text: 'A text as long as a book chapter …', voiceId: speech.vendor.exampleVoiceId }
  return {
    '/api/scripts': {
      post: {
        operationId: 'createScript',
        summary: 'Speak a long text, or turns of several voices, and keep it on IPFS',
        description:
          'The text is cut at the ends of sentences. Each piece becomes a clip, and all of them together one clip with its own CID, with captions over the whole where `timestamps` are asked for. The answer comes at once; what the script has come to is at its `url`.',
        tags,
        security,
        requestParams: { header: idempotencyHeader },
        requestBody: {
          required: true,
          content: { 'application/json': { schema: scriptSchema(access), example } },
        },
        responses: {
          '202': {
            ...answer('The script, which is going to be spoken', scriptAnswerSchema),
            headers: rateLimitHeaders.extend({ Location: z.url() }),
          },
          ...problems('invalid_json', 'invalid_request', 'unauthorized', 'body_too_large'),
          ...problems('rate_limited', 'character_budget_exceeded', 'idempotency_key_reused'),
          ...problems('storage_unavailable', 'shutting_down'),
        },
      },
    },
    '/api/scripts/{id}': {
      get: {
        operationId: 'getScript',
        summary: 'Get the progress of a script, its pieces and its clip',
        description:
          'How many pieces are spoken, and once they are joined the clip that they have become, with its address. `id` is the one that `createScript` answered.',
        tags,
        security,
        requestParams,
        responses: {
          '200': answer('The script', scriptAnswerSchema),
          ...problems('unauthorized', 'not_found', 'rate_limited', 'storage_unavailable'),
        },
      },
      delete: {
        operationId: 'cancelScript',
        summary: 'Cancel a script',
        description:
          'Nothing more is spoken of it, and its text is deleted. Pieces that are spoken already stay as clips. A script that has ended stays as it is.',
        tags,
        security,
        requestParams,
        responses: {
          '200': answer('The script as it is now', scriptAnswerSchema),
          ...problems('unauthorized', 'not_found', 'rate_limited', 'storage_unavailable'),
        },
      },
    },
    '/api/scripts/{id}/events': {
      get: {
        operationId: 'followScript',
        summary: 'Watch a script until its clip is stored or expired',
        description:
          'A server-sent event `script` for each change; its data are those of `GET /api/scripts/{id}` without `pieces`.',
        tags,
        security,
        requestParams,
        responses: {
          '200': { description: 'The events', content: { 'text/event-stream': { schema: z.string() } } },
          '204': { description: 'The event that `Last-Event-ID` names was the last one' },
          ...problems('unauthorized', 'not_found', 'rate_limited', 'storage_unavailable', 'shutting_down'),
        },
      },
    },
  }
}
