import { setTimeout as sleep } from 'node:timers/promises'
import { pathOf, retryIpfs } from '../../support/operator.ts'
import type { Service } from '../../support/service.ts'

/** Milliseconds each. */
export interface Latencies {
  vocalize: number[]
  listen: number[]
}

export interface SoakTally extends Latencies {
  /** How often each answer came, such as `vocalize 200`. */
  answers: Map<string, number>
  /** Answers that no client should ever get. */
  unexpected: Map<string, number>
  paths: string[]
}

const REMEMBERED_CLIPS = 200
const listenStatuses = new Set([200, 206, 302, 304, 410])
const vocalizeStatuses = new Set([200, 502, 503, 504])

export function newSoakTally(): SoakTally {
  return { vocalize: [], listen: [], answers: new Map(), unexpected: new Map(), paths: [] }
}

interface LoadOptions {
  tally: SoakTally
  random: () => number
  ratePerSecond: number
  signal: AbortSignal
}

/** Callers at a steady rate, twice as many listeners, an operator every ten seconds, until `signal` aborts. */
export async function applySteadyLoad(service: Service, options: LoadOptions): Promise<void> {
  const everyMs = 1000 / options.ratePerSecond
  await Promise.all([
    steadily(everyMs, options.signal, () => vocalizeOnce(service, options)),
    steadily(everyMs / 2, options.signal, () => listenOnce(service, options)),
    steadily(10_000, options.signal, () => retryIpfs(service).then(() => {})),
  ])
}

/** Starts `work` every `everyMs`, whether or not the one before has ended. Resolves when all have. */
export async function steadily(
  everyMs: number | (() => number),
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  while (!signal.aborted) {
    const one = work().finally(() => running.delete(one))
    running.add(one)
    await sleep(typeof everyMs === 'number' ? everyMs : everyMs())
  }
  await Promise.all(running)
}

async function vocalizeOnce(service: Service, { tally, random }: LoadOptions): Promise<void> {
  const text = 'x'.repeat(20 + Math.floor(random() * 150))
  const { status, body, elapsedMs } = await service.vocalize({ text, voiceId: 'George' })
  tally.vocalize.push(elapsedMs)
  count(tally, `vocalize ${status}${status === 200 ? '' : ` ${body.code}`}`, vocalizeStatuses.has(status))
  if (status !== 200) return
  tally.paths.push(body.data.isTemporary ? pathOf(body.data.audioUrl) : `/api/temp-audio/${body.data.id}`)
  if (tally.paths.length > REMEMBERED_CLIPS) tally.paths.shift()
}

async function listenOnce(service: Service, { tally, random }: LoadOptions): Promise<void> {
  const path = tally.paths[Math.floor(random() * tally.paths.length)]
  if (!path) return
  const kind = random()
  const startedAt = performance.now()
  const response = await service.fetch(path, {
    redirect: 'manual',
    method: kind < 0.1 ? 'HEAD' : 'GET',
    ...(kind > 0.7 && { headers: { range: `bytes=${Math.floor(random() * 500)}-` } }),
  })
  // Some players hang up early.
  if (kind > 0.2 && kind < 0.25) await response.body?.cancel()
  else await response.bytes()
  tally.listen.push(performance.now() - startedAt)
  count(tally, `listen ${response.status}`, listenStatuses.has(response.status))
}

function count({ answers, unexpected }: SoakTally, what: string, isExpected: boolean): void {
  answers.set(what, (answers.get(what) ?? 0) + 1)
  if (!isExpected) unexpected.set(what, (unexpected.get(what) ?? 0) + 1)
}
