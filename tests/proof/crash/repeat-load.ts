import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '../../support/service.ts'
import type { Answer } from './load.ts'

/** A call under an `Idempotency-Key`, and how its caller came to an answer. */
export interface KeyedCall {
  key: string
  text: string
  answer: Answer
  tries: number
  /** The codes of the answers that were no clip. */
  refusals: string[]
  /** From the first answer of any kind to a repetition until the clip. */
  waitedMs: number
  /** From the call that was cut off until the clip. */
  inAllMs: number
}

const PATIENCE_MS = 180_000

export function call(service: Service, { key, text }: { key: string; text: string }) {
  return service.vocalize({ text, voiceId: 'George', reuse: false }, { 'idempotency-key': key })
}

/** Repeats a call as its answers ask for, at the next process each time that one does not answer. */
export async function repeatUntilAnswered(
  services: Service[],
  firstIndex: number,
  keyed: { key: string; text: string },
): Promise<KeyedCall> {
  const refusals: string[] = []
  let cutOffAt: number | undefined
  let refusedAt: number | undefined
  for (let tries = 1, index = firstIndex; ; tries++) {
    const beganAt = performance.now()
    if (cutOffAt !== undefined && beganAt - cutOffAt > PATIENCE_MS)
      throw new Error(`${keyed.key} got no answer`)
    try {
      const { status, body, headers } = await call(services[index % services.length] as Service, keyed)
      const now = performance.now()
      if (status === 200) {
        const waitedMs = refusedAt === undefined ? 0 : now - refusedAt
        const inAllMs = cutOffAt === undefined ? 0 : now - cutOffAt
        return { ...keyed, answer: body.data, tries, refusals, waitedMs, inAllMs }
      }
      refusals.push(body.code)
      cutOffAt ??= now
      refusedAt ??= now
      await sleep(Number(headers.get('retry-after') ?? 1) * 1000)
    } catch {
      cutOffAt ??= performance.now()
      index++
      await sleep(20)
    }
  }
}
