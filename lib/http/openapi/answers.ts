import 'zod-openapi'
import { z } from 'zod'
import { backgroundTriggers } from '#lib/catalog/attempts.ts'
import { errorStatus } from '#lib/model/errors.ts'

/** The shapes of what is answered. A test holds every answer of a running service to them. */
const time = z.iso.datetime()
const clipId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .meta({ example: '0123456789abcdef0123456789abcdef' })
const cid = z.string().meta({ description: 'The CID of the bytes (UnixFS profile `unixfs-v1-2025`).' })
const audioUrl = z.url().meta({ description: 'Where the clip can be heard.' })
const measured = {
  mimeType: z.string(),
  bytes: z.int(),
  durationMs: z.int(),
  characters: z.int(),
  reused: z.literal(true).optional(),
}
const success = z.literal(true)

const storedSchema = z.object({
  id: clipId,
  audioUrl,
  ipfsHash: z.string(),
  cid,
  provider: z.string(),
  isTemporary: z.literal(false),
  ...measured,
})

const temporarySchema = z.object({
  id: clipId,
  audioUrl,
  cid,
  isTemporary: z.literal(true),
  expiresAt: time,
  note: z.string(),
  ...measured,
})

export const vocalizeAnswerSchema = z
  .object({ success, data: z.union([storedSchema, temporarySchema]) })
  .meta({ id: 'VocalizeAnswer' })

const attemptSchema = z.object({
  provider: z.string(),
  trigger: z.enum(['request', 'replica', ...backgroundTriggers]),
  startedAt: time,
  durationMs: z.int().optional(),
  outcome: z.enum(['running', 'stored', 'failed']),
  statusCode: z.int().optional().meta({ description: 'The HTTP status, where there was an answer.' }),
  error: z.string().optional(),
})

const clipSchema = z
  .object({
    id: clipId,
    state: z.enum(['speaking', 'staged', 'pending', 'stored', 'expired']),
    isTemporary: z.boolean(),
    audioUrl,
    cid: cid.optional(),
    ipfsHash: z.string().optional(),
    provider: z.string().optional(),
    permanentUrl: z.url().optional(),
    mimeType: z.string().optional(),
    bytes: z.int().optional(),
    durationMs: z.int().optional(),
    original: z
      .object({ mimeType: z.string(), bytes: z.int(), durationMs: z.int().optional() })
      .optional()
      .meta({ description: 'What the clip was before it was re-encoded (`AUDIO_OPTIMIZE`).' }),
    characters: z.int(),
    createdAt: time,
    spokenAt: time.optional(),
    stagedAt: time.optional(),
    storedAt: time.optional(),
    expiresAt: time,
    nextAttemptAt: time.optional(),
    attempts: z.array(attemptSchema),
  })
  .meta({ id: 'Clip' })

export const clipAnswerSchema = z.object({ success, data: clipSchema }).meta({ id: 'ClipAnswer' })

export const voicesAnswerSchema = z
  .object({
    success,
    data: z.object({
      provider: z.enum(['elevenlabs', 'local']),
      voices: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          language: z.string().optional(),
          description: z.string().optional(),
        }),
      ),
    }),
  })
  .meta({ id: 'VoicesAnswer' })

const count = z.int().min(0)

export const retryAnswerSchema = z
  .object({
    success,
    processed: count,
    successCount: count,
    failureCount: count,
    remaining: count,
    results: z.array(
      z.union([
        z.object({
          id: clipId,
          status: z.literal('success'),
          ipfsHash: z.string(),
          url: z.url(),
          provider: z.string(),
        }),
        z.object({ id: clipId, status: z.literal('failed'), error: z.string(), attempts: count }),
      ]),
    ),
  })
  .meta({ id: 'RetryAnswer' })

export const healthAnswerSchema = z
  .object({ status: z.enum(['alive', 'ready']) })
  .meta({ id: 'HealthAnswer' })

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
export const problemSchema = z
  .object({
    type: z.string().meta({ example: 'urn:voicepin:error:invalid_request' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z
      .enum(Object.keys(errorStatus) as [string])
      .meta({ description: 'Stable: programs can rely on it.' }),
    requestId: z.string(),
    success: z.literal(false),
    error: z.string().meta({ description: 'The same as `detail`.' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    providers: z.array(z.object({ provider: z.string(), attempts: count, error: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })

export const clipIdParameter = z.object({ id: clipId })
