import { Counter, Gauge, type Registry } from 'prom-client'
import { type Counters, speechBuckets } from '#lib/catalog/counters.ts'
import { speechOutcomes } from '#lib/speech/chain/attempt.ts'
import type { VendorState } from '#lib/speech/speech.ts'
import { countedHistogram } from './counted-histogram.ts'

type Sums = Awaited<ReturnType<Counters['read']>>

/** What is known of the speech vendors: sums since the first start, and their state at this process. */
export function addSpeechMetrics(registry: Registry, counters: Sums, states: readonly VendorState[]) {
  const registers = [registry]
  const vendors = states.map(({ vendor }) => vendor)
  const requests = new Counter({
    name: 'voicepin_speech_requests_total',
    help: 'Texts that a speech vendor was asked for, by vendor and outcome.',
    labelNames: ['vendor', 'outcome'],
    registers,
  })
  const counted = counters.speech_requests ?? {}
  const pairs = vendors.flatMap((vendor) => speechOutcomes.map((outcome) => `${vendor} ${outcome}`))
  for (const pair of new Set([...pairs, ...Object.keys(counted)])) {
    const [vendor = '', outcome = ''] = pair.split(' ')
    requests.inc({ vendor, outcome }, counted[pair] ?? 0)
  }
  const characters = new Counter({
    name: 'voicepin_speech_characters_total',
    help: 'Characters of text that were spoken to the end, by vendor.',
    labelNames: ['vendor'],
    registers,
  })
  for (const vendor of new Set([...vendors, ...Object.keys(counters.speech_characters ?? {})])) {
    characters.inc({ vendor }, counters.speech_characters?.[vendor] ?? 0)
  }
  for (const [name, what] of [
    ['speech_first_byte', 'Seconds from the call of a speech vendor to its first byte.'],
    ['speech_duration', 'Seconds from the call of a speech vendor to its last byte.'],
  ] as const) {
    registry.registerMetric(
      countedHistogram(`voicepin_${name}_seconds`, what, {
        counters,
        counter: name,
        buckets: speechBuckets,
        label: 'vendor',
      }),
    )
  }
  addStates(registry, states)
}

function addStates(registry: Registry, states: readonly VendorState[]) {
  const registers = [registry]
  const breakers = new Gauge({
    name: 'voicepin_speech_breaker_state',
    help: 'The state of the circuit breaker of a speech vendor: 1 for the present state, 0 for the others.',
    labelNames: ['vendor', 'state'],
    registers,
  })
  const quota = new Gauge({
    name: 'voicepin_speech_quota_used_up',
    help: 'Whether the quota at a speech vendor is used up, as it said last.',
    labelNames: ['vendor'],
    registers,
  })
  for (const { vendor, breaker, isQuotaUsedUp } of states) {
    quota.set({ vendor }, isQuotaUsedUp ? 1 : 0)
    for (const each of ['closed', 'open', 'half_open']) {
      breakers.set({ vendor, state: each }, each === breaker ? 1 : 0)
    }
  }
}
