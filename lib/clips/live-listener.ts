import { ReadableStream } from 'node:stream/web'
import type { SpokenAudio } from '#lib/speech/speech.ts'

/** What waits in memory for a listener who is slower than the vendor; the rest is read from the temporary store. */
const BUFFER_BYTES = 1024 ** 2
/** A listener who takes nothing for this long has gone without a word. */
const STALLED_MS = 120_000

/** Somebody who hears a clip while it is spoken and staged. Never holds up either. */
export interface Listener {
  /** The first byte is there. Returns the same audio, of which everything that is read is heard, too. */
  hear(spoken: SpokenAudio): SpokenAudio
  /** The clip was there already. */
  replay(clip: { id: string; audio: Blob; outputFormat: string; modelId: string }): void
  /** From now on the whole clip can be read here. */
  staged(audio: Blob): void
  /** From now on nothing can be lost any more, so that the listener may be told that the clip is complete. */
  kept(): void
}

/** What a listener hears: a clip that is being spoken, or the one that was there already. */
export type LiveAudio = SpokenAudio & { clipId?: string }

/**
 * Runs `speak` with a listener. Resolves with the audio once its first byte is there; the stream ends when the clip is
 * safe, and fails when `speak` fails. Whoever cancels it does not stop the speaking.
 *
 * @throws whatever `speak` throws before the first byte
 */
export function speakLive(speak: (listener: Listener) => Promise<unknown>): Promise<LiveAudio> {
  const begun = Promise.withResolvers<LiveAudio>()
  const buffer = createBuffer()
  const listener: Listener = {
    hear(spoken) {
      begun.resolve({ ...spoken, audio: buffer.audio })
      return { ...spoken, audio: tee(spoken.audio, (chunk) => buffer.add(chunk)) }
    },
    replay({ id: clipId, audio, outputFormat, modelId }) {
      begun.resolve({ audio: buffer.audio, outputFormat, modelId, clipId })
      buffer.continueFrom(audio)
      buffer.end()
    },
    staged: (audio) => buffer.continueFrom(audio),
    kept: () => buffer.end(),
  }
  speak(listener).then(
    () => buffer.end(),
    (error) => {
      begun.reject(error)
      buffer.fail(error)
    },
  )
  return begun.promise
}

/** The same stream again; `hear` is called with each chunk as it passes. */
function tee(audio: ReadableStream<Uint8Array>, hear: (chunk: Uint8Array) => void) {
  const reader = audio.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        hear(value)
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** Holds at most `BUFFER_BYTES`: what does not fit is left out and read from the staged clip afterwards. */
function createBuffer() {
  const chunks: Uint8Array[] = []
  let waitingBytes = 0
  let heardBytes = 0
  let isOverflowed = false
  let isOver = false
  let failure: { error: unknown } | undefined
  let rest: ReadableStreamDefaultReader<Uint8Array> | undefined
  let wake = () => {}
  const stalled = setTimeout(() => {
    if (chunks.length > 0 || rest) fail(new Error('The listener has stalled'))
  }, STALLED_MS).unref()

  function stop() {
    clearTimeout(stalled)
    chunks.length = 0
    isOverflowed = true
    isOver = true
    wake()
  }

  function fail(error: unknown) {
    failure ??= { error }
    stop()
  }

  async function next(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (failure) throw failure.error
      const chunk = chunks.shift()
      if (chunk) {
        waitingBytes -= chunk.byteLength
        return chunk
      }
      if (rest) {
        const { done, value } = await rest.read()
        if (!done) return value
        rest = undefined
      } else if (isOver) return undefined
      else {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
      }
    }
  }

  const audio = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        stalled.refresh()
        const chunk = await next()
        if (chunk) return controller.enqueue(chunk)
        controller.close()
        stop()
      },
      async cancel() {
        stop()
        await rest?.cancel()
      },
    },
    { highWaterMark: 0 },
  )

  return {
    audio,
    fail,
    add(chunk: Uint8Array) {
      if (isOverflowed || waitingBytes + chunk.byteLength > BUFFER_BYTES) {
        isOverflowed = true
        return
      }
      chunks.push(chunk)
      waitingBytes += chunk.byteLength
      heardBytes += chunk.byteLength
      wake()
    },
    continueFrom(clip: Blob) {
      if (isOver || heardBytes === clip.size) return
      rest = clip.slice(heardBytes).stream().getReader()
      wake()
    },
    end() {
      isOver = true
      wake()
    },
  }
}
