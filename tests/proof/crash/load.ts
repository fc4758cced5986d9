import { setTimeout as sleep } from 'node:timers/promises'
import { pathOf, retryIpfs } from '../../support/operator.ts'
import type { Service } from '../../support/service.ts'

/** What a client was told about its clip. */
export interface Answer {
  id: string
  cid: string
  audioUrl: string
  isTemporary: boolean
  provider?: string
  ipfsHash?: string
}

/** What came of the load so far. */
export interface Tally {
  answers: Answer[]
  /** Calls that ended with a problem document, by its code. */
  problems: Map<string, number>
  /** Calls that the kill cut off. */
  cutOff: number
  listens: number
  /** Clips that were not served with their own bytes while the service ran. */
  unserved: string[]
}

export function newTally(): Tally {
  return { answers: [], problems: new Map(), cutOff: 0, listens: 0, unserved: [] }
}

const CALLERS = 5

/** Callers, listeners and an operator at work until `signal` aborts; the service may die at any moment. */
export async function applyLoad(
  service: Service,
  options: { tally: Tally; random: () => number; signal: AbortSignal },
): Promise<void> {
  const workers = Array.from({ length: CALLERS }, () =>
    repeat(options.signal, () => callOnce(service, options)),
  )
  workers.push(repeat(options.signal, () => listenOnce(service, options)))
  workers.push(repeat(options.signal, () => operateOnce(service, options)))
  await Promise.all(workers)
}

async function repeat(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work()
    // A dead service refuses at once: do not spin.
    await sleep(1)
  }
}

async function callOnce(service: Service, { tally, random }: { tally: Tally; random: () => number }) {
  const characters = random() < 0.03 ? 4500 : 5 + Math.floor(random() * 100)
  try {
    const { status, body } = await service.vocalize({ text: 'x'.repeat(characters), voiceId: 'George' })
    if (status === 200) tally.answers.push(body.data)
    else tally.problems.set(body.code, (tally.problems.get(body.code) ?? 0) + 1)
  } catch {
    tally.cutOff++
  }
}

async function listenOnce(service: Service, { tally, random }: { tally: Tally; random: () => number }) {
  const answer = tally.answers[Math.floor(random() * tally.answers.length)]
  await sleep(20)
  if (!answer) return
  try {
    const response = await service.fetch(pathFor(answer), { redirect: 'manual' })
    await response.bytes()
    tally.listens++
    if (response.status !== 200 && response.status !== 302)
      tally.unserved.push(`${answer.id}: ${response.status}`)
  } catch {
    tally.cutOff++
  }
}

async function operateOnce(service: Service, { random }: { random: () => number }) {
  await sleep(100 + random() * 400)
  await retryIpfs(service, '?limit=5').catch(() => {})
}

/** Where the service itself has the clip, whatever URL it answered. */
export function pathFor(answer: Answer): string {
  return answer.isTemporary ? pathOf(answer.audioUrl) : `/api/temp-audio/${answer.id}`
}
