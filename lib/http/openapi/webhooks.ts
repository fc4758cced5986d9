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

/** Signed and delivered at least once, as standardwebhooks.com has it. */
const header = z.object({
  'webhook-id': z.string().meta({ description: 'The same at each try.' }),
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
        '204': { description: 'Taken. Any other answer but 2xx means: try again later.' },
        '4XX': { description: 'Not taken' },
      },
    },
  }
}

/** What `WEBHOOK_URL` is told. */
export const webhooks: ZodOpenApiPathsObject = {
  'clip.stored': webhook('onClipStored', 'IPFS has a clip', storedSchema),
  'clip.expired': webhook('onClipExpired', 'A clip’s time ended before IPFS had it', expiredSchema),
}
