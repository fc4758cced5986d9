import type { Answer } from '../crash/load.ts'
import { pathFor } from '../crash/load.ts'
import { steadily } from '../soak/load.ts'

/** One request of a caller or a listener. Times are milliseconds since the epoch. */
export interface Call {
  startedAt: number
  endedAt: number
  /** `ok`, the code of a problem, the status of an answer that is none of ours, `cut_off` or `timeout`. */
  outcome: string
}

/** What came of the load so far; calls in the order in which they ended. */
export interface Tally {
  calls: Call[]
  listens: Call[]
  answers: Answer[]
  /** Accepted clips that a listener was told are unknown or gone: one line each. */
  gone: string[]
}

interface LoadOptions {
  baseUrl: string
  tally: Tally
  random: () => number
  /** Of callers, and as many of listeners. */
  ratePerSecond: number
  signal: AbortSignal
}

/** Longer than nginx and the service take in any case. */
const TIMEOUT_MS = 30_000

export const newTally = (): Tally => ({ calls: [], listens: [], answers: [], gone: [] })

/**
 * Callers and listeners at a steady rate until `signal` aborts, whatever happens to the service. They come by chance: in
 * step with each other, callers would all get one instance and listeners the other.
 */
export async function applyLoad(options: LoadOptions): Promise<void> {
  const { tally, signal, random } = options
  const everyMs = () => (-Math.log(1 - random()) * 1000) / options.ratePerSecond
  await Promise.all([
    steadily(everyMs, signal, () => timed(tally.calls, () => callOnce(options))),
    steadily(everyMs, signal, () => timed(tally.listens, () => listenOnce(options))),
  ])
}

async function timed(calls: Call[], work: () => Promise<string>): Promise<void> {
  const startedAt = Date.now()
  const outcome = await work().catch((error: Error) =>
    error.name === 'TimeoutError' ? 'timeout' : 'cut_off',
  )
  calls.push({ startedAt, endedAt: Date.now(), outcome })
}

let texts = 0

async function callOnce({ baseUrl, tally, random }: LoadOptions): Promise<string> {
  texts += 1
  const text = `Sentence ${texts} of this run. `.repeat(1 + Math.floor(random() * 4))
  const response = await fetch(`${baseUrl}/api/agents/vocalize`, {
    method: 'POST',
    body: JSON.stringify({ text, voiceId: 'George' }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const body = await bodyOf(response)
  if (response.ok && body) tally.answers.push(body.data)
  return response.ok && body ? 'ok' : (body?.code ?? `http_${response.status}`)
}

async function listenOnce({ baseUrl, tally, random }: LoadOptions): Promise<string> {
  const answer = tally.answers[Math.floor(random() * tally.answers.length)]
  if (!answer) return 'ok'
  const response = await fetch(baseUrl + pathFor(answer), {
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (response.status === 302) return 'ok'
  if (response.ok) return (await response.bytes()).length > 0 ? 'ok' : 'empty'
  if (response.status === 404 || response.status === 410)
    tally.gone.push(`${answer.id}: ${response.status} to a listener`)
  return (await bodyOf(response))?.code ?? `http_${response.status}`
}

/** The JSON of an answer; nginx's own answers have none. */
async function bodyOf(response: Response): Promise<{ data: Answer; code?: string } | undefined> {
  const text = await response.text()
  return response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined
}
