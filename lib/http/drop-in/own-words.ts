import { BODY_EXAMPLE } from '#lib/http/body.ts'
import type { Problem } from '#lib/http/problem.ts'
import type { ErrorCode, FieldError } from '#lib/model/errors.ts'

/** How another API says what ours says. */
interface Words {
  /** Its name for a field of ours. */
  nameOf(path: string): string
  /** A body that it takes. */
  example: string
}

/** Our fields whose names no sentence has for another reason. */
const camelCase = /\b(?:voiceSettings\.)?[a-z]+(?:[A-Z][a-z]+)+\b/g

/** Failures of ours that another call would meet again: no client should repeat it by itself. */
const lasting: readonly ErrorCode[] = [
  'speech_quota_exceeded',
  'speech_credentials_refused',
  'character_budget_exceeded',
  'misconfigured',
]

export const isLasting = (code: ErrorCode) => lasting.includes(code)

/** What a problem says, by the names that another API has for the fields. */
export function inOwnWords({ body }: Problem, { nameOf, example }: Words) {
  const given = (body.errors ?? []) as FieldError[]
  const errors = given.map(({ path, message }) => ({ path: nameOf(path), message: renamed(message) }))
  let message = String(body.detail).replace(BODY_EXAMPLE, example)
  for (const { path } of given) message = message.replaceAll(`${path}: `, `${nameOf(path)}: `)
  return { message: renamed(message), errors }

  function renamed(text: string): string {
    return text.replace(camelCase, (name) => nameOf(name))
  }
}
