import type { Services } from '#lib/context.ts'
import type { Task } from '#lib/queue/queue.ts'
import { deliverWebhooks } from '#lib/webhooks/deliver.ts'
import { auditDue, replicateDue, runDueWork, runMaintenance, uploadDue } from './tasks.ts'

/** As many of each lane; the chores, each one at a time, are no more. */
const TASKS_AT_ONCE = 5
const MINUTE_MS = 60_000
/** How long what was not rung for may be left alone. */
const SWEEP_MS = 5000
const WEBHOOKS_MS = 1000

type MaintenanceJob = Exclude<Task['kind'], 'upload'>

/**
 * Has this process do what is due by itself: what is rung for, here or anywhere, and what its timers ring for. Where
 * processes share a Redis their timers ring together, so that each round is made once.
 *
 * Returns what ends it: that takes up nothing more, and resolves when what is under way is done.
 */
export function startBackground(
  services: Services,
  { recovered }: { recovered: () => Promise<void> },
): () => Promise<void> {
  const { clock, config, tasks, workQueue } = services
  const chores: Record<MaintenanceJob, () => Promise<unknown>> = {
    webhooks: () => deliverWebhooks(services),
    replicate: () => replicateDue(services),
    sweep: () => runDueWork(services),
    audit: () => recovered().then(() => auditDue(services)),
    'clean-up': () => recovered().then(() => runMaintenance(services)),
  }
  const doChore = eachOneAtATime(chores, tasks.signal)
  const stopWorking = workQueue.work(
    ({ kind, id }) => tasks.track(kind === 'upload' ? uploadDue(services, id) : doChore(kind)),
    { concurrency: TASKS_AT_ONCE },
  )

  /** The date is the same in all processes for as long as the interval lasts. */
  function every(intervalMs: number, kind: MaintenanceJob) {
    const ring = () =>
      workQueue.enqueue({ kind, id: 'all' }, Math.floor(clock.now() / intervalMs) * intervalMs)
    return setInterval(ring, intervalMs).unref()
  }
  const timers = [
    every(MINUTE_MS, 'audit'),
    every(config.tempAudio.cleanupIntervalMs, 'clean-up'),
    // A Redis may have lost what was rung for, and its processes work on clips by their dates.
    ...(config.redisUrl ? [every(SWEEP_MS, 'sweep')] : []),
    ...(config.webhook ? [every(config.redisUrl ? SWEEP_MS : WEBHOOKS_MS, 'webhooks')] : []),
  ]

  return async () => {
    for (const timer of timers) clearInterval(timer)
    await stopWorking()
  }
}

/** Does each of `chores` one at a time in this process; what is rung for meanwhile is done afterwards, once. */
function eachOneAtATime<Name extends string>(
  chores: Record<Name, () => Promise<unknown>>,
  signal: AbortSignal,
): (name: Name) => Promise<void> {
  const running = new Set<Name>()
  const rung = new Set<Name>()
  return async (name) => {
    rung.add(name)
    if (running.has(name)) return
    running.add(name)
    try {
      while (rung.delete(name) && !signal.aborted) await chores[name]()
    } finally {
      running.delete(name)
    }
  }
}
