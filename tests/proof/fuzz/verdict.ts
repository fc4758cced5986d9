import path from 'node:path'
import { brotliDecompressSync, constants, unzipSync } from 'node:zlib'
import type { Answer, Exchange, Outcome } from './exchange.ts'

/** What is wrong with an outcome. */
export interface Finding {
  what: string
  kind: string
  sent: string
  answered: string
}

/** The errors of vendors and stores, and a method that is not implemented; 500 is always ours. */
const expectedErrors = [501, 502, 503, 504]
const stack = /\n\s+at .+:\d+:\d+|node:internal|node_modules|\.(ts|js|mjs):\d+/
const folders = [path.resolve(import.meta.dirname, '../../..'), '/voicepin-test-']
/** Next.js answers unknown pages and files itself. */
const isPage = ({ headers }: Answer) => /^text\/(html|plain)/.test(headers['content-type'] ?? '')

/** Judges what came over one connection. `secrets` must stand nowhere in it. */
export function judge(sent: Exchange, outcome: Outcome, secrets: readonly string[]): Finding[] {
  const { answers, rest, isTimedOut } = outcome
  const first = answers[0]
  const complaints = [
    isTimedOut && 'no end within 30 s',
    rest.length > 0 &&
      !answers.some(({ headers }) => /event-stream|audio/.test(headers['content-type'] ?? '')) &&
      'bytes that are no answer',
    answers.length > sent.maxAnswers && `${answers.length} answers to ${sent.maxAnswers} requests`,
    sent.isAmbiguous &&
      first &&
      ![400, 408, 413, 501].includes(first.status) &&
      `${first.status} to an ambiguous length`,
    answers.some(({ headers }) => headers['x-request-id'] === 'smuggled') &&
      sent.isAmbiguous &&
      'a smuggled request was answered',
    ...answers.map((answer) => complaintAbout(answer, sent, secrets)),
  ]
  return complaints
    .filter((complaint) => typeof complaint === 'string')
    .map((what) => ({
      what,
      kind: sent.kind,
      sent: excerpt(sent.parts.join('')),
      answered: excerpt(asText(answers)),
    }))
}

function complaintAbout(answer: Answer, sent: Exchange, secrets: readonly string[]): string | undefined {
  const { status, headers } = answer
  const body = decoded(answer)
  if (status === 500 || status > 599) return `status ${status}`
  if (status > 500 && !expectedErrors.includes(status)) return `status ${status}`
  if ('x-injected' in headers) return 'an injected header'
  const whole = `${JSON.stringify(headers)}${body.toString('latin1')}`
  const secret = secrets.find((value) => whole.includes(value))
  if (secret) return `the secret ${secret}`
  if (status < 400) return undefined
  const text = body.toString()
  // Next.js puts the path that was asked for into its page for what is not there.
  if (stack.test(text) && !isPage(answer) && !stack.test(sent.parts.join(''))) return 'a stack'
  if (folders.some((folder) => whole.includes(folder))) return 'a folder of the machine'
  if (sent.parts.join('').startsWith('HEAD ') || isPage(answer)) return undefined
  return isProblem(text) ? undefined : 'no problem document'
}

/** The body as it was before it was compressed for those who take that; it may have been cut off. */
function decoded({ headers, body }: Answer): Buffer {
  const encoding = headers['content-encoding']
  if (encoding === 'br') {
    return brotliDecompressSync(body, { finishFlush: constants.BROTLI_OPERATION_FLUSH })
  }
  if (encoding === 'gzip' || encoding === 'deflate') {
    return unzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH })
  }
  return body
}

function isProblem(text: string): boolean {
  try {
    const { detail, error, requestId } = JSON.parse(text)
    return (
      requestId !== undefined ||
      detail?.status !== undefined ||
      Array.isArray(detail) ||
      error?.type !== undefined
    )
  } catch {
    return false
  }
}

const asText = (answers: Answer[]) =>
  answers
    .map(
      ({ status, headers, body }) =>
        `${status} ${headers['content-type']} ${body.toString('latin1').slice(0, 300)}`,
    )
    .join('\n')
const excerpt = (text: string) => JSON.stringify(text.slice(0, 700))
