import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { backgroundTriggers } from '#lib/catalog/attempts.ts'
import { type Counters, timeToIpfsBuckets } from '#lib/catalog/counters.ts'
import type { Totals } from '#lib/catalog/totals.ts'
import type { Services } from '#lib/context.ts'
import { processSingleton } from '#lib/platform/process-singleton.ts'
import { standardOutput } from '#lib/telemetry/log-output.ts'
import { countedHistogram } from './counted-histogram.ts'
import { requestMetrics } from './request-metrics.ts'
import { addSpeechMetrics } from './speech-metrics.ts'

/**
 * The metrics in Prometheus' text format. The counters come from the catalog, so that they survive a restart and are
 * the same whichever process is asked; the breakers and the process metrics are those of this process.
 *
 * @see https://prometheus.io/docs/practices/naming/
 * @throws CatalogError when the catalog fails
 */
export async function renderMetrics({
  catalog,
  chain,
  speech,
}: Services): Promise<{ contentType: string; text: string }> {
  const totals = await catalog.totals()
  const counters = await catalog.counters.read()
  const missingReplicas = await catalog.replications.count()
  const { unproven, lost } = await catalog.pins.countUnproven()
  const own = new Registry()
  addCounters(own, counters, chain.providers)
  addGauges(own, totals, chain)
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name, help, registers: [own] }).set(value)
  gauge(
    'voicepin_clips_missing_replicas',
    'Stored clips with fewer replicas than configured.',
    missingReplicas,
  )
  gauge('voicepin_clips_unproven', 'Stored clips that no provider is known to deliver.', unproven)
  gauge('voicepin_clips_lost', 'Stored clips that nobody delivers and whose bytes are not here.', lost)
  gauge(
    'voicepin_deletions_pending',
    'Clips that were deleted here and not yet wherever they are.',
    await catalog.deletions.count(),
  )
  const help = 'Seconds from the end of the speech until the first provider stored the clip.'
  const timeToIpfs = { counters, counter: 'time_to_ipfs', buckets: timeToIpfsBuckets }
  own.registerMetric(countedHistogram('voicepin_time_to_ipfs_seconds', help, timeToIpfs))
  addSpeechMetrics(own, counters, speech.states())
  const registry = Registry.merge([own, processMetrics(), requestMetrics().register])
  return { contentType: registry.contentType, text: await registry.metrics() }
}

type Sums = Awaited<ReturnType<Counters['read']>>

function addCounters(registry: Registry, counters: Sums, providers: readonly string[]) {
  const registers = [registry]
  const attempts = new Counter({
    name: 'voicepin_ipfs_upload_attempts_total',
    help: 'Upload attempts at IPFS providers, by provider and outcome.',
    labelNames: ['provider', 'outcome'],
    registers,
  })
  for (const outcome of ['stored', 'failed']) {
    const counted = counters[`attempts_${outcome}`] ?? {}
    for (const provider of new Set([...providers, ...Object.keys(counted)])) {
      attempts.inc({ provider, outcome }, counted[provider] ?? 0)
    }
  }
  const retries = new Counter({
    name: 'voicepin_background_retries_total',
    help: 'Background retries of clips through the provider chain, by trigger and outcome.',
    labelNames: ['trigger', 'outcome'],
    registers,
  })
  for (const outcome of ['stored', 'failed']) {
    for (const trigger of backgroundTriggers) {
      retries.inc({ trigger, outcome }, counters[`background_retries_${outcome}`]?.[trigger] ?? 0)
    }
  }
  const stored = new Counter({
    name: 'voicepin_clips_stored_total',
    help: 'Clips stored on IPFS, by provider.',
    labelNames: ['provider'],
    registers,
  })
  for (const [provider, value] of Object.entries(counters.clips_stored ?? {})) stored.inc({ provider }, value)
  const audits = new Counter({
    name: 'voicepin_audit_clips_total',
    help: 'Clips that an audit read back through the gateway of their provider, by provider and outcome.',
    labelNames: ['provider', 'outcome'],
    registers,
  })
  for (const outcome of ['delivered', 'unknown', 'lost', 'repaired']) {
    for (const [provider, value] of Object.entries(counters[`audit_${outcome}`] ?? {})) {
      audits.inc({ provider, outcome }, value)
    }
  }
  const undelivered = new Counter({
    name: 'voicepin_clips_undelivered_total',
    help: 'Clips that a provider took and did not deliver in time, by provider.',
    labelNames: ['provider'],
    registers,
  })
  for (const [provider, value] of Object.entries(counters.clips_undelivered ?? {})) {
    undelivered.inc({ provider }, value)
  }
  const evicted = new Counter({
    name: 'voicepin_clips_evicted_unproven_total',
    help: 'Clips whose bytes were deleted for want of space though they were not read back, by provider.',
    labelNames: ['provider'],
    registers,
  })
  for (const [provider, value] of Object.entries(counters.clips_evicted_unproven ?? {})) {
    evicted.inc({ provider }, value)
  }
  const expired = {
    name: 'voicepin_clips_expired_unstored_total',
    help: 'Clips that expired before any provider stored them.',
  }
  new Counter({ ...expired, registers }).inc(counters.clips_expired?.[''] ?? 0)
  const saved = {
    name: 'voicepin_characters_saved_total',
    help: 'Characters of text that were not spoken again, because a clip was reused.',
  }
  new Counter({ ...saved, registers }).inc(counters.characters_saved?.[''] ?? 0)
  const lost = new Counter({
    name: 'voicepin_characters_lost_total',
    help: 'Characters of text whose audio was lost while it was spoken, by reason; the vendor may charge for them.',
    labelNames: ['reason'],
    registers,
  })
  for (const reason of ['broken', 'process_ended', 'shutdown', 'given_up']) {
    lost.inc({ reason }, counters.characters_lost?.[reason] ?? 0)
  }
  const spoken = { name: 'voicepin_characters_spoken_total', help: 'Characters of text that were spoken.' }
  new Counter({ ...spoken, registers }).inc(counters.characters_spoken?.[''] ?? 0)
}

function addGauges(registry: Registry, totals: Totals, chain: Services['chain']) {
  const registers = [registry]
  const gauge = (name: string, help: string, value: number) => new Gauge({ name, help, registers }).set(value)
  gauge('voicepin_temp_audio_clips', 'Clips in the temporary store.', totals.heldClips)
  gauge('voicepin_temp_audio_bytes', 'Bytes of the clips in the temporary store.', totals.heldBytes)
  gauge('voicepin_pending_clips', 'Clips that are not stored on IPFS yet.', totals.waitingClips)
  const breakers = new Gauge({
    name: 'voicepin_provider_breaker_state',
    help: 'The state of the circuit breaker of a provider: 1 for the present state, 0 for the others.',
    labelNames: ['provider', 'state'],
    registers,
  })
  for (const { provider, state } of chain.breakers()) {
    for (const each of ['closed', 'open', 'half_open']) {
      breakers.set({ provider, state: each }, each === state ? 1 : 0)
    }
  }
}

/** The metrics of this process, measured once a process, from the first call on. */
function processMetrics(): Registry {
  return processSingleton('process metrics', () => {
    const register = new Registry()
    collectDefaultMetrics({ register })
    new Counter({
      name: 'voicepin_log_lines_dropped_total',
      help: 'Lines of the log of this process that were dropped, since standard output was not read in time.',
      registers: [register],
      collect() {
        this.reset()
        this.inc(standardOutput().droppedLines)
      },
    })
    return register
  })
}
