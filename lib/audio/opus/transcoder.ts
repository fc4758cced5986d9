import { on } from 'node:events'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import PQueue from 'p-queue'
import { type Clock, withTimeLimit } from '#lib/platform/clock.ts'
import type { ReencodeJob, ReencodeMessage } from './transcode-worker.ts'

/** What a thread may take beside the WebAssembly of its codecs. */
const THREAD_HEAP_MB = 64

/** Makes Opus of audio, in threads: never on the event loop. */
export interface Transcoder {
  /**
   * Returns the audio as Ogg Opus; `undefined` as soon as that takes more than `maxBytes`.
   *
   * @throws when the audio cannot be decoded, the thread dies, the time is up, or `signal` aborts
   */
  reencode(audio: Blob, job: ReencodeJob, limits: ReencodeLimits): Promise<Blob | undefined>
}

interface ReencodeLimits {
  maxBytes: number
  signal: AbortSignal
}

/** `timeoutMs`: for one clip, with the time that it waits for others. */
export function createTranscoder(options: {
  clock: Clock
  timeoutMs: number
  startThread?: (job: ReencodeJob) => Worker
}): Transcoder {
  const { clock, timeoutMs, startThread = startReencodeWorker } = options
  const queue = new PQueue({ concurrency: Math.max(1, availableParallelism() - 1) })

  return {
    reencode: (audio, job, { maxBytes, signal }) =>
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

/** Hands the thread one piece at a time, so that no more than that waits anywhere. */
async function* opusFrom(thread: Worker, audio: Blob, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const answers = on(thread, 'message', { signal, close: ['exit'] })
  const ask = async (message: ReencodeMessage): Promise<Uint8Array> => {
    thread.postMessage(message)
    const answer = await answers.next()
    if (answer.done) throw new Error('The thread that re-encodes stopped unexpectedly')
    return answer.value[0]
  }
  for await (const bytes of audio.stream()) yield await ask(bytes)
  yield await ask(null)
}

/** Opus is small: it stays in memory until it is known to be good. */
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

/** Runs the source itself, of which Node.js strips the types: Turbopack would bundle it, and lose the codecs. */
function startReencodeWorker(job: ReencodeJob): Worker {
  const file = path.join(/* turbopackIgnore: true */ process.cwd(), 'lib/audio/opus/transcode-worker.ts')
  const resourceLimits = { maxOldGenerationSizeMb: THREAD_HEAP_MB }
  return new Worker(file, { execArgv: [], workerData: job, resourceLimits })
}
