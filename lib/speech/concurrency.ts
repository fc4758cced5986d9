import PQueue from 'p-queue'
import { ServiceError } from '#lib/model/errors.ts'
import { type Clock, systemClock, withTimeLimit } from '#lib/platform/clock.ts'
import { type Release, takeSlot } from '#lib/platform/take-slot.ts'
import { type TurnOptions, TurnQueue } from '#lib/platform/turn-queue.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import { takeSharedSlot } from '#lib/redis/shared-slot.ts'
import { watchEnd } from './audio-stream.ts'
import type { Speech } from './speech.ts'

/** Below that of all others, which is 0. */
const BACKGROUND = -1

interface SlotOptions {
  /** How many requests may speak at once. */
  concurrency: number
  /** How long a request waits for a slot before it is refused. */
  queueTimeoutMs?: number
  clock?: Clock
  /** The Redis of the instances that speak at most `concurrency` texts together, for they have one account at the vendor. */
  redis?: RedisConnections | undefined
}

/**
 * Lets at most `concurrency` requests speak at once, since vendors limit that too; the others wait in order of arrival.
 * Those in the background take one slot less than there are, wait as long as it takes, let all others go before, and take
 * turns by caller among themselves. With `redis` all instances do so together, save that arrival and turns count within
 * each of them.
 *
 * A slot is held until the audio has ended, failed or been cancelled.
 *
 * @throws ServiceError `speech_overloaded` after `queueTimeoutMs` without a slot.
 */
export function limitSpeech(speech: Speech, slotOptions: SlotOptions): Speech {
  const { concurrency, queueTimeoutMs = 5000, clock = systemClock, redis } = slotOptions
  const backgroundConcurrency = Math.max(1, concurrency - 1)
  const queue = new PQueue({ concurrency })
  const background = new PQueue<TurnQueue, TurnOptions>({
    concurrency: backgroundConcurrency,
    queueClass: TurnQueue,
  })
  const timeoutError = () =>
    new ServiceError(
      'speech_overloaded',
      `All ${concurrency} speech slots are in use; try again in a few seconds`,
      { retryAfterMs: queueTimeoutMs },
    )

  const shared = (name: string, limit: number) => (signal: AbortSignal) =>
    redis ? takeSharedSlot({ redis, name: `speech-${name}`, limit }, signal) : Promise.resolve(() => {})
  const takeShared = shared(speech.vendor.name, concurrency)
  const takeSharedTurn = shared(`${speech.vendor.name}-background`, backgroundConcurrency)

  const takeInteractiveSlot = (signal: AbortSignal) =>
    withTimeLimit((limited) => inTurn(limited, [(each) => takeSlot(queue, each), takeShared]), {
      clock,
      timeoutMs: queueTimeoutMs,
      timeoutError,
      signal,
    })

  const takeBackgroundSlot = (signal: AbortSignal, caller = '') =>
    inTurn(signal, [
      (each) => takeSlot(background, each, { caller }),
      takeSharedTurn,
      (each) => takeSlot(queue, each, { priority: BACKGROUND }),
      takeShared,
    ])

  return {
    vendor: speech.vendor,
    account: speech.account,
    voices: (voicesOptions) => speech.voices(voicesOptions),
    close: () => speech.close(),
    async speak(request, options) {
      const { signal, caller, priority = 'interactive' } = options
      signal.throwIfAborted()
      const release = await (priority === 'background'
        ? takeBackgroundSlot(signal, caller)
        : takeInteractiveSlot(signal))
      try {
        await options.beforeSpeaking?.()
        const spoken = await speech.speak(request, options)
        const over = { onEnd: release, onCancel: release, onError: release }
        return { ...spoken, audio: watchEnd(spoken.audio, over) }
      } catch (error) {
        release()
        throw error
      }
    },
  }
}

/** Takes one slot after the other, and gives back those that it has where it does not get the next. */
async function inTurn(
  signal: AbortSignal,
  takes: readonly ((signal: AbortSignal) => Promise<Release>)[],
): Promise<Release> {
  const taken: Release[] = []
  const release = () => {
    for (const each of taken.splice(0).reverse()) each()
  }
  try {
    for (const take of takes) taken.push(await take(signal))
    return release
  } catch (error) {
    release()
    throw error
  }
}
