import { z } from 'zod'
import type { ZodOpenApiResponsesObject } from 'zod-openapi'
import type { Config } from '#lib/config/index.ts'
import { problemSchema } from '#lib/http/problem.ts'
import { type ErrorCode, errorStatus } from '#lib/model/errors.ts'

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

/** An answer in JSON. */
export const answer = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: json(schema),
})

/** The error answers, one for each status, each listing the codes that it can carry. */
export function problems(...codes: ErrorCode[]): ZodOpenApiResponsesObject {
  const all: ErrorCode[] = ['invalid_http', ...codes, 'internal_error']
  const byStatus = Map.groupBy(all, (code) => errorStatus[code])
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\``).join(', '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  )
}

/** The errors of every route that speaks. */
export const speakingErrors: ErrorCode[] = [
  'invalid_json',
  'invalid_request',
  'unauthorized',
  'voice_not_found',
  'body_too_large',
  'rate_limited',
  'character_budget_exceeded',
  'speech_credentials_refused',
  'speech_invalid_answer',
  'speech_stream_broken',
  'speech_quota_exceeded',
  'speech_overloaded',
  'speech_unavailable',
  'storage_unavailable',
  'temp_storage_full',
  'shutting_down',
  'speech_timeout',
]

/** The header of every route that speaks. */
export const idempotencyHeader = z.object({
  'Idempotency-Key': z.string().min(1).max(255).optional().meta({
    description:
      'For a day the same key with the same body gets the same clip, in whatever form it is asked for. A key belongs to the API key of its caller, or to the address where there is none.',
  }),
})

export const rateLimitHeaders = z.object({
  RateLimit: z
    .string()
    .meta({ description: 'The requests left in the current window', example: '"default";r=59;t=60' }),
  'RateLimit-Policy': z.string().meta({ example: '"default";q=60;w=60' }),
})

export const streamHeaders = rateLimitHeaders.extend({
  'X-Clip-Id': z.string().meta({ description: 'The id of the clip, for `GET /api/clips/{id}`.' }),
  'X-Spoken-By': z.string().optional().meta({
    description: 'The voice that spoke.',
    example: 'elevenlabs;voice="21m00Tcm4TlvDq8ikWAM";model="eleven_v3"',
  }),
  Link: z.string().meta({ description: 'The URL of the clip, valid once the speech has ended.' }),
})

const audioTypes = [
  ...['audio/mpeg', 'audio/ogg', 'audio/wav', 'audio/pcm', 'audio/basic', 'audio/x-alaw-basic'],
  ...['audio/flac', 'audio/aac'],
]

/** Bytes: generators of clients make a `Blob` of it, and know that the answer is not JSON. */
export const binary = { schema: { type: 'string', format: 'binary' } } as const

/** Audio in any of the formats. */
export const audioContent = Object.fromEntries(audioTypes.map((type) => [type, binary]))

/** A key is optional unless `VOCALIZE_API_KEYS` is set. */
export function callerSecurity({ vocalizeApiKeys }: Config['access']) {
  const keys = [{ callerKey: [] }, { callerKeyHeader: [] }]
  return vocalizeApiKeys.length > 0 ? keys : [{}, ...keys]
}

export const securitySchemes = {
  callerKey: { type: 'http', scheme: 'bearer', description: 'One of `VOCALIZE_API_KEYS`.' },
  callerKeyHeader: {
    type: 'apiKey',
    in: 'header',
    name: 'xi-api-key',
    description: 'One of `VOCALIZE_API_KEYS`, as ElevenLabs sends it.',
  },
  adminKey: { type: 'http', scheme: 'bearer', description: '`ADMIN_API_KEY`.' },
  cronSecret: { type: 'http', scheme: 'bearer', description: '`CRON_SECRET`.' },
  metricsToken: { type: 'http', scheme: 'bearer', description: '`METRICS_TOKEN`.' },
} as const
