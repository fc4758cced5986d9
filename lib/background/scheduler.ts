import { advertise } from '#lib/clips/advertise.ts'
import { lookAtClock } from '#lib/clips/look-at-clock.ts'
import type { Services } from '#lib/context.ts'
import { MINUTE_MS } from '#lib/platform/units.ts'
import type { Task } from '#lib/queue/queue.ts'
import { startDueScripts } from '#lib/scripts/start-due-scripts.ts'
import { deliverWebhooks } from '#lib/webhooks/deliver.ts'
import {
  auditDue,
  eraseDueClips,
  readBack,
  replicateDue,
  runDueWork,
  runDueWorkOnTime,
  runMaintenance,
  uploadDue,
} from './tasks.ts'

/** How many uploads run at once. There are no more maintenance jobs than this, each running once at a time. */
const TASKS_AT_ONCE = 8
/** How long due work may wait that was not enqueued: Redis may have lost it, or a process without Redis made it due. */
const DUE_WORK_MS = 5000
const LOCAL_DUE_WORK_MS = 30_000
const WEBHOOKS_MS = 1000
/** Indexers come to read as soon as they are told: by then this process must listen. */
const FIRST_ADVERTISEMENT_MS = 10_000

type MaintenanceJob = Exclude<Task['kind'], 'upload'>

/**
 * Has this process do background work: the tasks that are enqueued, here or in other processes, and those of its timers.
 * Where processes share a Redis their timers enqueue the same tasks, so that each is carried out once.
 *
 * Returns what ends it: that starts nothing more, and resolves when the running tasks are done.
 */
export function startBackground(
  services: Services,
  { recovered }: { recovered: () => Promise<void> },
): () => Promise<void> {
  const { clock, config, tasks, workQueue } = services
  const runJob = eachOneAtATime<MaintenanceJob>(
    {
      webhooks: () => deliverWebhooks(services),
      replicate: () => replicateDue(services),
      scripts: () => recovered().then(() => startDueScripts(services)),
      deletions: () => eraseDueClips(services),
      'due-work': () => (config.redisUrl ? runDueWork(services) : runDueWorkOnTime(services)),
      advertise: () => advertise(services),
      'read-back': () => readBack(services),
      clock: () => lookAtClock(services),
      audit: () => recovered().then(() => auditDue(services)),
      'clean-up': () => recovered().then(() => runMaintenance(services)),
    },
    tasks.signal,
  )
  const stopWorking = workQueue.work(
    ({ kind, id }) => tasks.track(kind === 'upload' ? uploadDue(services, id) : runJob(kind)),
    { concurrency: TASKS_AT_ONCE },
  )

  /** The date is the same in all processes for as long as the interval lasts. */
  function every(intervalMs: number, kind: MaintenanceJob) {
    const enqueue = () =>
      workQueue.enqueue({ kind, id: 'all' }, Math.floor(clock.now() / intervalMs) * intervalMs)
    return setInterval(enqueue, intervalMs).unref()
  }
  const timers = [
    every(DUE_WORK_MS, 'scripts'),
    every(MINUTE_MS, 'audit'),
    every(MINUTE_MS, 'read-back'),
    every(MINUTE_MS, 'deletions'),
    every(MINUTE_MS, 'clock'),
    every(config.tempAudio.cleanupIntervalMs, 'clean-up'),
    every(config.redisUrl ? DUE_WORK_MS : LOCAL_DUE_WORK_MS, 'due-work'),
    ...(config.webhook ? [every(config.redisUrl ? DUE_WORK_MS : WEBHOOKS_MS, 'webhooks')] : []),
    ...(config.ipni ? [every(MINUTE_MS, 'advertise')] : []),
  ]
  if (config.ipni) workQueue.enqueue({ kind: 'advertise', id: 'start' }, clock.now() + FIRST_ADVERTISEMENT_MS)

  return async () => {
    for (const timer of timers) clearInterval(timer)
    await stopWorking()
  }
}

/**
 * Runs each of `jobs` once at a time in this process. A job that is asked for while it runs is run once more
 * afterwards.
 */
function eachOneAtATime<Name extends string>(
  jobs: Record<Name, () => Promise<unknown>>,
  signal: AbortSignal,
): (name: Name) => Promise<void> {
  const running = new Set<Name>()
  const requested = new Set<Name>()
  return async (name) => {
    requested.add(name)
    if (running.has(name)) return
    running.add(name)
    try {
      while (requested.delete(name) && !signal.aborted) await jobs[name]()
    } finally {
      running.delete(name)
    }
  }
}
