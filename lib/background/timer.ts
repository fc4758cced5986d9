import { cleanUp } from '../clean-up.ts'
import { replicate } from '../replicate.ts'
import type { Services } from '../services.ts'
import { countRemaining, uploadPending } from '../upload-pending.ts'
import { drainBacklog } from './recovery.ts'

const CLIPS_A_TICK = 1000
const SAMPLES_KEPT_MS = 31 * 24 * 3_600_000

export interface Timer {
  /** Starts no further tick. One that runs is background work like any other. */
  stop(): void
}

/** Runs `tick` every `intervalMs`, never twice at once, without keeping the process alive. */
export function startTimer(
  services: Services,
  options: { intervalMs: number; recovered: () => Promise<void> },
): Timer {
  const { log, work } = services
  let running: Promise<void> | undefined
  const interval = setInterval(() => {
    running ??= work
      .track(options.recovered().then(() => tick(services)))
      .catch(() => {})
      .finally(() => {
        running = undefined
      })
  }, options.intervalMs)
  interval.unref()
  log.debug({ intervalMs: options.intervalMs }, 'The clean-up timer runs')

  return {
    stop: () => clearInterval(interval),
  }
}

/** One tick: uploads what is due, drains the backlog if that worked, then cleans up. */
export async function tick(services: Services): Promise<void> {
  const { catalog, clock, log, work } = services
  const due = { limit: CLIPS_A_TICK, trigger: 'timer', dueOnly: true, signal: work.signal } as const
  const { processed, successCount, failureCount } = await uploadPending(services, due)
  if (successCount > 0) await drainBacklog(services)
  const replicas = await replicate(services, { limit: CLIPS_A_TICK, dueOnly: true, signal: work.signal })
  const cleaned = await cleanUp(services, { signal: work.signal })
  const remaining = await countRemaining(services)
  await catalog.history.sample(clock.now(), clock.now() - SAMPLES_KEPT_MS)
  log.info({ processed, successCount, failureCount, remaining, replicas, ...cleaned }, 'Cleaned up')
}
