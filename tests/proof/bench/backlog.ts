import autocannon from 'autocannon'
import type { Environment, Service } from '../../support/service.ts'
import { environmentFor, spawnStubVendors } from '../../support/stub-vendors.ts'
import { until } from '../../support/until.ts'
import { cpuSecondsOf } from './measure/process-tree.ts'

/** Starts the service that is measured. */
export type Start = (options: { environment: Environment; directory?: string }) => Promise<Service>

const PROVIDER_MS = 50
const operator = { authorization: 'Bearer an-operator-of-the-bench' }

/**
 * How fast a backlog is drained after an outage, as a share of what the provider would take: `atOnce` uploads of 50 ms side
 * by side.
 */
export async function drainOfBacklog(
  start: Start,
  { clips = 3000, atOnce = 5 } = {},
): Promise<{ perSecond: number; ofIdeal: number; cpuMsPerClip: number }> {
  await using stack = new AsyncDisposableStack()
  const vendors = stack.adopt(await spawnStubVendors(), (it) => it.close())
  const environment = {
    ...environmentFor(vendors),
    ADMIN_API_KEY: 'an-operator-of-the-bench',
    IPFS_PROVIDERS: 'pinata',
    IPFS_RETRY_DELAYS_MS: ',',
    IPFS_UPLOADS_PER_PROVIDER: String(atOnce),
    RATE_LIMIT_PER_MINUTE: '1000000',
    SPEECH_CONCURRENCY: '20',
  }
  const service = stack.adopt(await start({ environment }), (it) => it.kill())
  await vendors.always('pinata', { kind: 'status', status: 503, retryAfterSeconds: 300, scope: 'all' })
  await autocannon({
    url: `${service.baseUrl}/api/agents/vocalize`,
    method: 'POST',
    body: JSON.stringify({ text: 'Hello from a bench', voiceId: 'slt' }),
    connections: 10,
    amount: clips,
  })
  const waiting = await countWaiting(service)
  if (waiting < clips) throw new Error(`${waiting} clips wait, and should be ${clips}`)
  await vendors.reset()
  await vendors.always('pinata', { kind: 'late', delayMs: PROVIDER_MS })

  const before = { at: performance.now(), cpuSeconds: cpuSecondsOf(service.processId) }
  await service.fetch('/api/admin/retry-ipfs?limit=1', { method: 'POST', headers: operator })
  let sent = 0
  let after = 0
  // The provider is asked how far it is, since the metrics cost the service as much as three clips.
  const isSent = async () => {
    const requests = await vendors.requests({ vendor: 'pinata', endpoint: 'upload', after })
    after = requests.at(-1)?.sequence ?? after
    sent += requests.length
    return sent >= waiting
  }
  await until('the backlog is sent', isSent, { timeoutMs: 300_000, everyMs: 100 })
  const isDrained = async () => (await countWaiting(service)) === 0
  await until('the backlog is drained', isDrained, { timeoutMs: 10_000, everyMs: 20 })
  const perSecond = waiting / ((performance.now() - before.at) / 1000)
  return {
    perSecond,
    ofIdeal: perSecond / (atOnce * (1000 / PROVIDER_MS)),
    cpuMsPerClip: (1000 * (cpuSecondsOf(service.processId) - before.cpuSeconds)) / waiting,
  }
}

async function countWaiting(service: Service): Promise<number> {
  const metrics = await (await service.fetch('/api/metrics', { headers: operator })).text()
  return Number(metrics.match(/^voicepin_pending_clips (\d+)$/m)?.[1])
}
