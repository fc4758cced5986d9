import type PQueue from 'p-queue'
import type { Queue, QueueAddOptions } from 'p-queue'

/** Gives a slot back, once, however often it is called. */
export type Release = () => void

/**
 * Waits until `queue` runs fewer tasks than its `concurrency`, takes the free slot, and keeps it until `Release` is
 * called. Who waits longest is next, among those of the highest `priority`. Once `signal` aborts, the slot is free for others, whether it was waited for or
 * taken already.
 *
 * @throws the signal's reason when it aborts before there is a slot
 */
export function takeSlot<Options extends QueueAddOptions>(
  queue: PQueue<Queue<() => Promise<unknown>, Options>, Options>,
  signal: AbortSignal,
  options?: Partial<Options>,
): Promise<Release> {
  return new Promise((resolve, reject) => {
    // For the queue the slot is a task that ends when it is given back.
    const untilReleased = () => new Promise<void>((release) => resolve(release))
    queue.add(untilReleased, { ...options, signal } as Partial<Options>).catch(reject)
  })
}
