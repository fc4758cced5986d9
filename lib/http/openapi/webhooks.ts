import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import * as field from '#lib/http/answers/fields.ts'

const about = {
  id: z.string(),
  cid: z.string(),
  mimeType: z.string(),
  bytes: z.int(),
  durationMs: z.int(),
  characters: z.int(),
  ...field.speechFacts,
  requestId: z.string(),
  createdAt: field.time,
  expiresAt: field.time,
}

const storedSchema = z.object({
  type: z.literal('clip.stored'),
  timestamp: field.time,
  data: z.object({
    ...about,
    provider: field.provider,
    ipfsHash: z.string(),
    permanentUrl: z.url().nullable().meta({
      description:
        'The permanent URL. `null` where only this service has the clip and neither `PUBLIC_BASE_URL` nor `CDN_BASE_URL` says where it is.',
    }),
    permanentPath: z
      .string()
      .optional()
      .meta({ description: 'Where `permanentUrl` is `null`: the path of the clip at this service.' }),
    storedAt: field.time,
  }),
})

const expiredSchema = z.object({
  type: z.literal('clip.expired'),
  timestamp: field.time,
  data: z.object({ ...about, error: z.string().nullable() }),
})

const scriptStoredSchema = z.object({
  type: z.literal('script.stored'),
  timestamp: field.time,
  data: z.object({
    scriptId: field.scriptId,
    pieces: field.count,
    ...storedSchema.shape.data.shape,
  }),
})

const deletedSchema = z.object({
  type: z.literal('clip.deleted'),
  timestamp: field.time,
  data: z.object({
    id: z.string(),
    cid: z.string().optional(),
    requestId: z.string(),
    by: z.enum(['maker', 'operator']).optional(),
    deletedAt: field.time,
    providers: z.array(
      z.object({
        provider: z.string(),
        cid: z.string(),
        outcome: z.enum(['pinned', 'unpinned', 'shared', 'kept']),
        error: z.string().optional(),
      }),
    ),
  }),
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
  'script.stored': webhook(
    'onScriptStored',
    'The joined clip of a script was stored on IPFS',
    scriptStoredSchema,
  ),
  'clip.deleted': webhook(
    'onClipDeleted',
    'A clip was deleted here, and wherever a provider could be reached',
    deletedSchema,
  ),
  'clip.expired': webhook('onClipExpired', 'A clip expired before an IPFS provider stored it', expiredSchema),
}
