import PQueue from 'p-queue'
import { ServiceError } from '#lib/model/errors.ts'
import { type Clock, systemClock, withTimeLimit } from '#lib/platform/clock.ts'
import { takeSlot } from '#lib/platform/take-slot.ts'
import { type TurnOptions, TurnQueue } from '#lib/platform/turn-queue.ts'
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
}

/**
 * Lets at most `concurrency` requests speak at once, since vendors limit that too; the others wait in order of arrival.
 * Those in the background take one slot less than there are, wait as long as it takes, let all others go before, and take
 * turns by caller among themselves.
 *
 * A slot is held until the audio has ended, failed or been cancelled.
 *
 * @throws ServiceError `speech_overloaded` after `queueTimeoutMs` without a slot.
 */
export function limitSpeech(speech: Speech, slotOptions: SlotOptions): Speech {
  const { concurrency, queueTimeoutMs = 5000, clock = systemClock } = slotOptions
  const queue = new PQueue({ concurrency })
  const background = new PQueue<TurnQueue, TurnOptions>({
    concurrency: Math.max(1, concurrency - 1),
    queueClass: TurnQueue,
  })
  const timeoutError = () =>
    new ServiceError(
      'speech_overloaded',
      `All ${concurrency} speech slots are in use; try again in a few seconds`,
      { retryAfterMs: queueTimeoutMs },
    )

  const takeInteractiveSlot = (signal: AbortSignal) =>
    withTimeLimit((limited) => takeSlot(queue, limited), {
      clock,
      timeoutMs: queueTimeoutMs,
      timeoutError,
      signal,
    })

  async function takeBackgroundSlot(signal: AbortSignal, caller = '') {
    const releaseTurn = await takeSlot(background, signal, { caller })
    try {
      const releaseSlot = await takeSlot(queue, signal, { priority: BACKGROUND })
      return () => {
        releaseSlot()
        releaseTurn()
      }
    } catch (error) {
      releaseTurn()
      throw error
    }
  }

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
