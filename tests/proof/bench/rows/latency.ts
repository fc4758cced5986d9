import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { Caller } from '../measure/caller.ts'
import { checked, numbered, type Target } from '../measure/load.ts'
import { quantile } from '../measure/quantile.ts'
import type { Measurement } from '../measurement.ts'
import type { Row } from '../row.ts'
import { speakingTargets, speakingWorld } from '../worlds/speaking.ts'

const CALLERS = 20
const SPEECH_MS = 400
const UPLOAD_MS = 250
/** Each caller begins a call in each of these, the callers one after the other. */
const PERIOD_MS = 1000
const PERIODS = 3
const WAVES = 3

const against = 'bare handler'
const within = (figure: string, addedMs: number) => ({
  words: `${figure} ≤ +${addedMs} ms`,
  figure,
  against,
  by: 'difference' as const,
  atMost: addedMs,
})

const oneCore =
  'all of them want the same core at the same time, and a clip takes more of it than the bare handler, which keeps nothing: see `vocalize`.'

type CallAll = (call: (index: number) => Promise<number>) => Promise<number[]>

/** How long answers take where vendors take as long as they do in life. */
const latencyRow = (name: string, title: string, aims: Row['aims'], callAll: CallAll): Row => ({
  name,
  title: `added latency, ${SPEECH_MS} ms speech + ${UPLOAD_MS} ms upload, ${title}`,
  aims,
  heldBackBy: oneCore,
  async run(bench) {
    const world = await bench.shared(speakingWorld)
    const targets = speakingTargets(world)
    for (const target of targets) await bench.warmUp(target, CALLERS)
    await world.vendors.always('elevenlabs', { kind: 'late', delayMs: SPEECH_MS })
    await world.vendors.always('pinata', { kind: 'late', delayMs: UPLOAD_MS })
    try {
      return await measure(bench, targets, callAll)
    } finally {
      await world.vendors.heal()
    }
  },
})

async function measure(bench: Bench, targets: Target[], callAll: CallAll): Promise<Measurement[]> {
  const found = targets.flatMap(({ name }) =>
    ['p50', 'p99'].map((figure) => ({ figure, unit: 'ms', contender: name, values: [] as number[] })),
  )
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const target of targets) {
      const callers = await Promise.all(Array.from({ length: CALLERS }, () => Caller.open(target.baseUrl)))
      const next = numbered()
      const tookMs = await callAll(async (index) => {
        const caller = callers[index] as Caller
        const answer = checked(target, await caller.send(caller.prepare(target.request(next()))))
        return answer.endedAt - answer.sentAt
      })
      for (const caller of callers) caller.close()
      for (const { figure, contender, values } of found) {
        if (contender === target.name) values.push(quantile(tookMs, figure === 'p50' ? 0.5 : 0.99))
      }
    }
  }
  return found
}

const everyone = Array.from({ length: CALLERS }, (_, index) => index)

const spreadOut: CallAll = async (call) => {
  const all = everyone.map(async (index) => {
    const tookMs: number[] = []
    const startedAt = performance.now() + (index * PERIOD_MS) / CALLERS
    for (let period = 0; period < PERIODS; period += 1) {
      await sleep(Math.max(0, startedAt + period * PERIOD_MS - performance.now()))
      tookMs.push(await call(index))
    }
    return tookMs
  })
  return (await Promise.all(all)).flat()
}

const atOnce: CallAll = async (call) => {
  const tookMs: number[] = []
  for (let wave = 0; wave < WAVES; wave += 1) tookMs.push(...(await Promise.all(everyone.map(call))))
  return tookMs
}

export const latencyRows: Row[] = [
  latencyRow('latency', `${CALLERS} callers spread out`, [within('p50', 8), within('p99', 40)], spreadOut),
  latencyRow('latency-at-once', `${CALLERS} callers at once`, [within('p50', 40)], atOnce),
]
