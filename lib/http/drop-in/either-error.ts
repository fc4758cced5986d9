import { jsonResponse } from '#lib/http/json-response.ts'
import type { Problem } from '#lib/http/problem.ts'
import { elevenLabsWords, nameOf } from './elevenlabs/errors.ts'
import { openAiError, openAiErrorBody } from './openai/errors.ts'

/** An error in the shapes of both APIs at once, for a path that does not show which of the two is meant. */
export function eitherError(problem: Problem): Response {
  const { status, headers } = openAiError(problem)
  const { code } = problem.body
  const detail = { status: nameOf(code), message: elevenLabsWords(problem).message }
  return jsonResponse({ detail, ...openAiErrorBody(problem) }, { status, headers })
}
