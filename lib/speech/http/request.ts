import type { z } from 'zod'
import { markedError } from '#lib/platform/errors.ts'
import { readErrorText, readText } from '#lib/platform/read-text.ts'

/** An answer outside 2xx, or an error inside of one. */
export class StatusError extends markedError('StatusError') {
  readonly statusCode: number
  /** JSON where it is that, else text. */
  readonly body: unknown
  /** The header `Retry-After`. */
  readonly retryAfter: string | null

  constructor({ status, headers }: Response, body: unknown) {
    super(`The speech vendor answered ${status}`)
    this.statusCode = status
    this.body = body
    this.retryAfter = headers.get('retry-after')
  }
}

/** An answer that cannot be understood; `answered` ends the sentence "The vendor answered …". */
export class UnreadableAnswerError extends markedError('UnreadableAnswerError') {
  readonly answered: string

  constructor(answered: string, cause?: unknown) {
    super(`The speech vendor answered ${answered}`, { cause })
    this.answered = answered
  }
}

/**
 * One request to a vendor, which answers 2xx.
 *
 * @throws StatusError for another answer, UnreadableAnswerError for one that is not what it says it is, and what `fetch`
 *   throws where there is none
 */
export async function sendRequest(url: string, init: RequestInit): Promise<Response> {
  // A redirect would carry the key and the text to a host that nobody configured.
  const response = await fetch(url, { ...init, redirect: 'error', cache: 'no-store' })
  if (response.ok) return response
  throw new StatusError(response, await readErrorBody(response))
}

/** JSON where it is that, for a proxy may send its error page as anything. @throws UnreadableAnswerError */
export async function readErrorBody(response: Response): Promise<unknown> {
  const { text, isWhole } = await readErrorText(response)
  const isJson = /\bjson\b/i.test(response.headers.get('content-type') ?? '')
  try {
    return parseJson(text)
  } catch (error) {
    if (isJson && isWhole && text !== '') throw error
    return text
  }
}

/** The JSON of an answer of at most `maxBytes`, checked; `what` it should have. @throws UnreadableAnswerError */
export async function readJsonAnswer<T>(
  response: Response,
  { schema, maxBytes, what }: { schema: z.ZodType<T>; maxBytes: number; what: string },
): Promise<T> {
  const { text, isWhole } = await readText(response, { maxBytes })
  if (!isWhole) throw new UnreadableAnswerError(`with more than ${maxBytes} bytes`)
  const answer = schema.safeParse(parseJson(text))
  if (answer.success) return answer.data
  throw new UnreadableAnswerError(`without ${what}`, answer.error)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UnreadableAnswerError('with a body that is not the JSON that it should be', error)
  }
}
