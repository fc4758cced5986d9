import PQueue from 'p-queue'
import { type Clock, withTimeLimit } from '#lib/platform/clock.ts'
import { type Release, takeSlot } from '#lib/platform/take-slot.ts'
import { NotTriedError } from './errors.ts'

/** Bounds how many uploads go to one provider at once. */
export interface ProviderSlots {
  /**
   * Waits until the provider has a slot free, and takes it.
   *
   * @throws the signal's reason when it aborts; no slot is taken then
   */
  acquire(provider: string, signal: AbortSignal): Promise<Release>
}

/** `limit` slots at each provider for this process; who waits longest is next. */
export function createLocalSlots({ limit }: { limit: number }): ProviderSlots {
  const queues = new Map<string, PQueue>()
  return {
    acquire(provider, signal) {
      const queue = queues.get(provider) ?? new PQueue({ concurrency: limit })
      queues.set(provider, queue)
      return takeSlot(queue, signal)
    },
  }
}

/**
 * Takes a slot within `timeoutMs`.
 *
 * @throws NotTriedError once the time is up; the signal's reason when it aborts
 */
export function slotWithin(
  slots: ProviderSlots,
  options: { provider: string; timeoutMs: number; clock: Clock; signal: AbortSignal },
): Promise<Release> {
  const { provider, signal, ...limit } = options
  const timeoutError = () => new NotTriedError('all its upload slots are in use', { isBusy: true })
  return withTimeLimit((limited) => slots.acquire(provider, limited), { ...limit, signal, timeoutError })
}
