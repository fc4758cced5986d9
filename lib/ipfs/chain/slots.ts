import { Semaphore } from 'async-mutex'
import { type Clock, withTimeLimit } from '#lib/platform/clock.ts'
import { NotTriedError } from './errors.ts'

/** Gives a slot back. */
export type Release = () => void

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
  const semaphores = new Map<string, Semaphore>()
  return {
    acquire(provider, signal) {
      const semaphore = semaphores.get(provider) ?? new Semaphore(limit)
      semaphores.set(provider, semaphore)
      return unlessAborted(
        semaphore.acquire().then(([, release]) => release),
        signal,
      )
    },
  }
}

/**
 * Takes a slot within `timeoutMs`.
 *
 * @throws NotTried once the time is up; the signal's reason when it aborts
 */
export function slotWithin(
  slots: ProviderSlots,
  options: { provider: string; timeoutMs: number; clock: Clock; signal: AbortSignal },
): Promise<Release> {
  const { provider, signal, ...limit } = options
  const timeoutError = () => new NotTriedError('all its places for uploads are taken', { isBusy: true })
  return withTimeLimit((limited) => slots.acquire(provider, limited), { ...limit, signal, timeoutError })
}

/** The slot, unless the signal aborts first: a place in a queue cannot be given up, so it is given back in its turn. */
async function unlessAborted(slot: Promise<Release>, signal: AbortSignal): Promise<Release> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    const release = await Promise.race([slot, aborted])
    signal.throwIfAborted()
    return release
  } catch (error) {
    slot.then((release) => release())
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
