import { ReadableStream } from 'node:stream/web'
import { Semaphore } from 'async-mutex'
import { ServiceError } from '#lib/model/errors.ts'
import { type Clock, systemClock, withTimeLimit } from '#lib/platform/clock.ts'
import type { Speech } from './speech.ts'

interface SlotOptions {
  /** How many may speak at once. */
  concurrency: number
  /** How long one waits for a slot before it is turned away. */
  queueTimeoutMs?: number
  clock?: Clock
}

/**
 * Lets at most `concurrency` requests speak at once, for vendors limit that too; the others queue in turn.
 *
 * A slot is held until the audio has ended, failed or been cancelled.
 *
 * @throws ServiceError `speech_overloaded` after `queueTimeoutMs` without a slot.
 */
export function limitSpeech(speech: Speech, options: SlotOptions): Speech {
  const { concurrency, queueTimeoutMs = 5000, clock = systemClock } = options
  const slots = new Semaphore(concurrency)
  const overloaded = () =>
    new ServiceError(
      'speech_overloaded',
      `All ${concurrency} places for speaking are taken; try again in a few seconds`,
      { retryAfterMs: queueTimeoutMs },
    )

  async function takeSlot(signal: AbortSignal): Promise<() => void> {
    const slot = slots.acquire().then(([, release]) => release)
    try {
      return await withTimeLimit(() => slot, {
        clock,
        timeoutMs: queueTimeoutMs,
        timeoutError: overloaded,
        signal,
      })
    } catch (error) {
      // The place in the queue cannot be given up, so it is given back when its turn comes.
      slot.then((release) => release())
      throw error
    }
  }

  return {
    name: speech.name,
    voices: (voicesOptions) => speech.voices(voicesOptions),
    close: () => speech.close(),
    async speak(request, { signal }) {
      signal.throwIfAborted()
      const release = await takeSlot(signal)
      try {
        const spoken = await speech.speak(request, { signal })
        return { ...spoken, audio: onceOver(spoken.audio, release) }
      } catch (error) {
        release()
        throw error
      }
    },
  }
}

/** Calls `over` when `audio` has ended, failed or been cancelled, also while nobody reads. */
function onceOver(audio: ReadableStream<Uint8Array>, over: () => void): ReadableStream<Uint8Array> {
  const reader = audio.getReader()
  reader.closed.then(over, over)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
