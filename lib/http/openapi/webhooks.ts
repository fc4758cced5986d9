import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { time } from '#lib/http/answers/fields.ts'

const about = {
  id: z.string(),
  cid: z.string(),
  mimeType: z.string(),
  bytes: z.int(),
  durationMs: z.int(),
  characters: z.int(),
  requestId: z.string(),
  createdAt: time,
  expiresAt: time,
}

const storedSchema = z.object({
  type: z.literal('clip.stored'),
  timestamp: time,
  data: z.object({
    ...about,
    provider: z.string(),
    ipfsHash: z.string(),
    permanentUrl: z.string(),
    storedAt: time,
  }),
})

const expiredSchema = z.object({
  type: z.literal('clip.expired'),
  timestamp: time,
  data: z.object({ ...about, error: z.string().nullable() }),
})

/**
 * Webhooks are signed, and delivered at least once.
 *
 * @see https://www.standardwebhooks.com
 */
const header = z.object({
  'webhook-id': z.string().meta({ description: 'The same for every delivery attempt.' }),
  'webhook-timestamp': z.string(),
  'webhook-signature': z.string(),
})

function webhook(operationId: string, summary: string, schema: z.ZodType) {
  return {
    post: {
      operationId,
      summary,
      tags: ['Clips'],
      security: [],
      requestParams: { header },
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: {
        '204': {
          description: 'The webhook was accepted. Anything but 2xx makes the service try again later.',
        },
        '4XX': { description: 'The webhook was refused' },
      },
    },
  }
}

/** What is sent to `WEBHOOK_URL`. */
export const webhooks: ZodOpenApiPathsObject = {
  'clip.stored': webhook('onClipStored', 'A clip was stored on IPFS', storedSchema),
  'clip.expired': webhook('onClipExpired', 'A clip expired before an IPFS provider stored it', expiredSchema),
}
