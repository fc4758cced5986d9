import { z } from 'zod'
import { inOwnWords, isLasting } from '#lib/http/drop-in/own-words.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import type { Problem } from '#lib/http/problem.ts'

export const openAiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: 'OpenAiError' })

/**
 * An error in the shape of OpenAI's API.
 *
 * @see https://platform.openai.com/docs/guides/error-codes
 */
export function openAiError(problem: Problem): Response {
  const { status, body, headers } = problem
  return jsonResponse(openAiErrorBody(problem), {
    status: ownStatus[body.code] ?? status,
    headers: {
      ...headers,
      // Its SDKs repeat 408, 409, 429 and 5xx unless they are told not to.
      ...(isLasting(body.code) && { 'x-should-retry': 'false' }),
      'Content-Type': 'application/json',
    },
  })
}

/** The body of such an error; it also stands for one in the middle of a stream of events. */
export function openAiErrorBody(problem: Problem): z.infer<typeof openAiErrorSchema> {
  const { status, body } = problem
  const { message, errors } = inOwnWords(problem, { nameOf, example })
  const { type, name } = kindOf(status, body.code)
  return { error: { message, type, param: errors[0]?.path || null, code: name } }
}

const example = '{"model":"tts-1","input":"Hello","voice":"alloy"}'

/** OpenAI's names for the fields that others call otherwise. */
const names: Record<string, string> = {
  text: 'input',
  voiceId: 'voice',
  modelId: 'model',
  outputFormat: 'response_format',
  'voiceSettings.speed': 'speed',
}

const nameOf = (path: string) => names[path] ?? path

const ownStatus: Partial<Record<Problem['body']['code'], number>> = { speech_quota_exceeded: 429 }

function kindOf(status: number, code: Problem['body']['code']) {
  if (code === 'unauthorized') return { type: 'invalid_request_error', name: 'invalid_api_key' }
  if (code === 'rate_limited') return { type: 'requests', name: 'rate_limit_exceeded' }
  if (code === 'character_budget_exceeded' || code === 'speech_quota_exceeded')
    return { type: 'insufficient_quota', name: 'insufficient_quota' }
  return { type: status >= 500 ? 'server_error' : 'invalid_request_error', name: code }
}
