import { ReadableStream } from 'node:stream/web'
import type { SpokenBy } from '#lib/model/clip.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import type { SpokenAudio } from '#lib/speech/speech.ts'

/** How much is buffered for a listener who is slower than the vendor; what follows is read from the temporary store. */
const BUFFER_BYTES = MEBIBYTE
/** A listener who reads nothing for this long is taken to be gone. */
const STALLED_MS = 120_000

/** A caller who receives a clip while it is spoken and staged. Slows down neither, however slowly it reads. */
export interface Listener {
  /** Called once the first byte has arrived. Returns the same audio; all that is read of it goes to the listener as well. */
  tee(spoken: SpokenAudio): SpokenAudio
  /** The clip existed already. */
  replay(clip: ReplayedClip): void
  /** From now on the whole clip can be read from `audio`; `undefined`: it cannot be read now. */
  staged(audio: Blob | undefined): void
  /** The clip is recorded: nothing can be lost any more, so that the listener's stream may end. */
  recorded(): void
}

export interface ReplayedClip {
  id: string
  audio: Blob
  outputFormat: string
  mimeType: string
  spokenBy: SpokenBy | undefined
}

/** What a listener receives: a clip that is being spoken, or (with its `clipId`) one that existed already. */
export interface LiveAudio extends Pick<SpokenAudio, 'audio' | 'outputFormat'> {
  /** Unknown for clips of old. */
  spokenBy: SpokenBy | undefined
  clipId?: string
  mimeType?: string
}

/**
 * Runs `speak` with a listener. Resolves with the audio once its first byte has arrived; the stream ends when the clip
 * is recorded, and fails when `speak` fails. Cancelling the stream does not cancel `speak`.
 *
 * @throws whatever `speak` throws before the first byte
 */
export function speakLive(speak: (listener: Listener) => Promise<unknown>): Promise<LiveAudio> {
  const begun = Promise.withResolvers<LiveAudio>()
  const buffer = createBuffer()
  const listener: Listener = {
    tee(spoken) {
      const { outputFormat, spokenBy } = spoken
      begun.resolve({ audio: buffer.audio, outputFormat, spokenBy })
      return { ...spoken, audio: teed(spoken.audio, (chunk) => buffer.add(chunk)) }
    },
    replay({ id: clipId, audio, outputFormat, spokenBy, mimeType }) {
      begun.resolve({ audio: buffer.audio, outputFormat, spokenBy, mimeType, clipId })
      buffer.continueFrom(audio)
      buffer.end()
    },
    staged: (audio) => buffer.continueFrom(audio),
    recorded: () => buffer.end(),
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

/** The same stream again; `onChunk` is called with each chunk as it passes. */
function teed(audio: ReadableStream<Uint8Array>, onChunk: (chunk: Uint8Array) => void) {
  const reader = audio.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        onChunk(value)
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** Buffers at most `BUFFER_BYTES`: what does not fit is read from the staged clip afterwards. */
function createBuffer() {
  const chunks: Uint8Array[] = []
  let bufferedBytes = 0
  let acceptedBytes = 0
  let isOverflowed = false
  let isOver = false
  let failure: { error: unknown } | undefined
  /** What follows the buffered chunks, from the staged clip. */
  let remainder: AsyncGenerator<Uint8Array, void> | undefined
  let wake = () => {}
  const stalled = setTimeout(() => {
    if (chunks.length > 0 || remainder) fail(new Error('The listener has stalled'))
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
        bufferedBytes -= chunk.byteLength
        return chunk
      }
      if (remainder) {
        const { done, value } = await remainder.next()
        if (!done) return value
        remainder = undefined
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
        await remainder?.return()
      },
    },
    { highWaterMark: 0 },
  )

  return {
    audio,
    fail,
    add(chunk: Uint8Array) {
      if (isOverflowed || bufferedBytes + chunk.byteLength > BUFFER_BYTES) {
        isOverflowed = true
        return
      }
      chunks.push(chunk)
      bufferedBytes += chunk.byteLength
      acceptedBytes += chunk.byteLength
      wake()
    },
    continueFrom(clip: Blob | undefined) {
      if (isOver || acceptedBytes === clip?.size) return
      if (!clip) {
        if (isOverflowed) fail(new Error('What the listener has not read yet cannot be read from the store'))
        return
      }
      remainder = chunksOf(clip.slice(acceptedBytes))
      wake()
    },
    end() {
      isOver = true
      wake()
    },
  }
}
