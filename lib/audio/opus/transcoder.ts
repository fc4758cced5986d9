import { on } from 'node:events'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import PQueue from 'p-queue'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { type Clock, withTimeLimit } from '#lib/platform/clock.ts'
import type { TranscodeJob, TranscodeMessage } from './transcode-worker.ts'

/** The heap of a thread, without the WebAssembly memory of its codecs. */
const THREAD_HEAP_MB = 64

/** Transcodes audio to Opus in threads, never on the event loop. */
export interface Transcoder {
  /**
   * Returns the audio as Ogg Opus; `undefined` as soon as that is larger than `maxBytes`.
   *
   * @throws when the audio cannot be decoded, the thread dies, the time is up, or `signal` aborts
   */
  transcode(audio: Blob, job: TranscodeJob, limits: TranscodeLimits): Promise<Blob | undefined>
}

interface TranscodeLimits {
  maxBytes: number
  signal: AbortSignal
}

/** `timeoutMs`: for one clip, including its wait for a thread. */
export function createTranscoder(options: {
  clock: Clock
  timeoutMs: number
  startThread?: (job: TranscodeJob) => Worker
}): Transcoder {
  const { clock, timeoutMs, startThread = startTranscodeWorker } = options
  const queue = new PQueue({ concurrency: Math.max(1, availableParallelism() - 1) })

  return {
    transcode: (audio, job, { maxBytes, signal }) =>
      withTimeLimit(
        (limit) =>
          queue.add(async () => {
            limit.throwIfAborted()
            const thread = startThread(job)
            thread.unref()
            try {
              return await collect(opusFrom(thread, audio, limit), maxBytes)
            } finally {
              await thread.terminate()
            }
          }),
        { clock, timeoutMs, timeoutError: () => new Error('Re-encoding took too long'), signal },
      ),
  }
}

/** Sends the thread one chunk at a time, so that no more than that is in memory. */
async function* opusFrom(thread: Worker, audio: Blob, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const answers = on(thread, 'message', { signal, close: ['exit'] })
  const ask = async (message: TranscodeMessage): Promise<Uint8Array> => {
    thread.postMessage(message)
    const answer = await answers.next()
    if (answer.done) throw new Error('The transcoding thread stopped unexpectedly')
    return answer.value[0]
  }
  for await (const bytes of chunksOf(audio)) yield await ask(bytes)
  yield await ask(null)
}

/** The whole output in memory, where it stays until it was measured; `undefined` beyond `maxBytes`. */
async function collect(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Blob | undefined> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let sizeBytes = 0
  for await (const chunk of chunks) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > maxBytes) return undefined
    parts.push(chunk as Uint8Array<ArrayBuffer>)
  }
  return new Blob(parts, { type: 'audio/ogg' })
}

/**
 * Runs the source file itself, of which Node.js strips the types: bundled by Turbopack it would not find the codecs.
 * Bundled code does not know its own place either, so that the path starts from the working directory, the project's.
 */
function startTranscodeWorker(job: TranscodeJob): Worker {
  const file = path.join(/* turbopackIgnore: true */ process.cwd(), 'lib/audio/opus/transcode-worker.ts')
  const resourceLimits = { maxOldGenerationSizeMb: THREAD_HEAP_MB }
  return new Worker(file, { execArgv: [], workerData: job, resourceLimits })
}
