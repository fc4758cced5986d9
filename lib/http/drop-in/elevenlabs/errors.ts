import { z } from 'zod'
import { inOwnWords, isLasting } from '#lib/http/drop-in/own-words.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import type { Problem } from '#lib/http/problem.ts'
import type { ErrorCode, FieldError } from '#lib/model/errors.ts'
import { snakeCase } from '#lib/platform/letter-case.ts'

/** ElevenLabs' own name for an error, where it has one, and its status where that differs from ours. */
const names: Partial<Record<ErrorCode, { status?: number; name?: string }>> = {
  unauthorized: { name: 'invalid_api_key' },
  rate_limited: { name: 'too_many_concurrent_requests' },
  // Its SDKs repeat 408, 429 and 5xx: what stays as it is must be none of them.
  character_budget_exceeded: { status: 401, name: 'quota_exceeded' },
  speech_quota_exceeded: { status: 401, name: 'quota_exceeded' },
  speech_overloaded: { name: 'system_busy' },
  request_timeout: { name: 'input_timeout_exceeded' },
}
const LASTING_STATUS = 403

export const elevenLabsErrorSchema = z
  .object({
    detail: z.union([
      z.object({ status: z.string(), message: z.string(), request_id: z.string().optional() }),
      z.array(z.object({ loc: z.array(z.string()), msg: z.string(), type: z.string() })),
    ]),
  })
  .meta({ id: 'ElevenLabsError' })

/** An error in the shape of ElevenLabs' API. */
export function elevenLabsError(problem: Problem): Response {
  const { status, body, headers } = problem
  const { code } = body
  const { message, errors } = elevenLabsWords(problem)
  const answer = (detail: unknown, as = status) =>
    jsonResponse({ detail }, { status: as, headers: { ...headers, 'Content-Type': 'application/json' } })
  if (code === 'invalid_request' || code === 'invalid_json') {
    return answer((errors.length > 0 ? errors : [{ path: '', message }]).map(fieldError), 422)
  }
  const known = names[code]
  const ownStatus = known?.status ?? (isLasting(code) ? LASTING_STATUS : undefined)
  return answer({ status: nameOf(code), message, request_id: body.requestId }, ownStatus)
}

/** ElevenLabs' name for an error. */
export const nameOf = (code: ErrorCode): string => names[code]?.name ?? code

/** What a problem says, by ElevenLabs' names for the fields. */
export const elevenLabsWords = (problem: Problem) =>
  inOwnWords(problem, { nameOf: snakeCase, example: '{"text":"Hello"}' })

function fieldError({ path, message }: FieldError) {
  const parts = path.split('.').filter(Boolean)
  const place = places[parts[0] ?? ''] ?? 'body'
  return { loc: [place, ...parts], msg: message, type: 'value_error' }
}

/** Where the fields are that are not in the body. */
const places: Record<string, string> = {
  voice_id: 'path',
  output_format: 'query',
  enable_logging: 'query',
  optimize_streaming_latency: 'query',
}
