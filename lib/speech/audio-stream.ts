import { ReadableStream } from 'node:stream/web'
import { type Clock, NOT_NEEDED, withTimeLimit } from '#lib/platform/clock.ts'

/** Audio whose first bytes have arrived. */
export interface OpenedAudio {
  first: Uint8Array
  rest: AsyncIterator<Uint8Array>
}

/** Waits for the first byte of `audio`; `undefined` where it ends without one. */
export async function openAudio(audio: AsyncIterable<Uint8Array>): Promise<OpenedAudio | undefined> {
  const rest = audio[Symbol.asyncIterator]()
  for (;;) {
    const next = await rest.next()
    if (next.done) return undefined
    if (next.value.byteLength > 0) return { first: next.value, rest }
  }
}

interface SpeechRun {
  clock: Clock
  /** From the call to the last byte. */
  timeoutMs: number
  timeoutError: () => Error
  /** What the stream errors with when `rest` throws. */
  brokenError: (cause: unknown) => Error
  signal: AbortSignal
  /** Its signal aborts at the time limit, when `signal` aborts, and when the audio is cancelled. */
  open: (signal: AbortSignal) => Promise<OpenedAudio>
}

/**
 * Runs one speech within its time limit. Resolves with its audio once `open` has the first byte.
 *
 * The limit and the signal apply until the last byte, even while the audio is not read.
 */
export function runSpeech(run: SpeechRun): Promise<ReadableStream<Uint8Array>> {
  const opened = Promise.withResolvers<ReadableStream<Uint8Array>>()
  const ended = Promise.withResolvers<AudioEnd>()
  // It may be that nobody watches.
  ended.promise.catch(() => {})
  const over = new AbortController()
  let failAudio = (_error: unknown) => {}
  let source: AsyncIterator<Uint8Array> | undefined

  const work = async (limit: AbortSignal) => {
    const reasonOf = (error: unknown) => (limit.aborted ? limit.reason : error)
    limit.addEventListener('abort', () => over.abort(limit.reason), { once: true })
    const { first, rest } = await run.open(over.signal).catch((error) => {
      throw reasonOf(error)
    })
    source = rest
    await new Promise<void>((stop) => {
      const end = (how: AudioEnd) => {
        ended.resolve(how)
        stop()
      }
      const audio = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            failAudio = (error) => {
              ended.reject(error)
              controller.error(error)
            }
            controller.enqueue(first)
          },
          async pull(controller) {
            try {
              const next = await rest.next()
              if (!next.done) return controller.enqueue(next.value)
              controller.close()
              end('ended')
            } catch (error) {
              failAudio(reasonOf(run.brokenError(error)))
              stop()
            }
          },
          cancel: () => end('cancelled'),
        },
        { highWaterMark: 0 },
      )
      ends.set(audio, ended.promise)
      opened.resolve(audio)
    })
  }

  withTimeLimit(work, run)
    .catch((error) => {
      opened.reject(error)
      failAudio(error)
    })
    .finally(() => {
      over.abort(NOT_NEEDED)
      return source?.return?.()
    })
    .catch(() => {})
  return opened.promise
}

type AudioEnd = 'ended' | 'cancelled'

/** How audio ends that says so without being read through another stream. Rejects with what it fails with. */
const ends = new WeakMap<ReadableStream<Uint8Array>, Promise<AudioEnd>>()

interface EndWatcher {
  onEnd: () => void
  onCancel: () => void
  onError: (error: unknown) => void
}

/** The same audio. One of the watchers is called once, when it has ended, failed or been cancelled, even while it is not read. */
export function watchEnd(audio: ReadableStream<Uint8Array>, watcher: EndWatcher): ReadableStream<Uint8Array> {
  const watched = ends.has(audio) ? audio : passedOn(audio)
  ends.get(watched)?.then((how) => (how === 'ended' ? watcher.onEnd() : watcher.onCancel()), watcher.onError)
  return watched
}

function passedOn(audio: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = audio.getReader()
  let isCancelled = false
  const passed = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel(reason) {
        isCancelled = true
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  const end = reader.closed.then(() => (isCancelled ? ('cancelled' as const) : ('ended' as const)))
  ends.set(passed, end)
  return passed
}
