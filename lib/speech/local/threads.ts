import { on } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { ServiceError } from '#lib/model/errors.ts'
import type { SpeechEnding, SpeechJob, SpeechMessage, SpeechReport } from './worker.ts'

type Job = Omit<SpeechJob, 'bytesInFlight'>
type Listener = (report: SpeechReport) => void

/** How many threads stay for the next request. */
const MAX_IDLE_THREADS = 2

/** Threads that speak, each one request at a time: none blocks the event loop, and one that dies ends no other request. */
export interface SpeechThreads {
  /**
   * Speaks in a thread that has no other request meanwhile. It ends when `signal` aborts or the generator is closed.
   * What is left out is reported before the first byte.
   *
   * @throws ServiceError `invalid_request` when the text gives nothing audible, or most of it is of another script
   * @throws ServiceError `speech_unavailable` when the thread dies; the next request gets a new one
   */
  speak(job: Job, signal: AbortSignal, onReport: Listener): AsyncGenerator<Uint8Array, void>
  close(): Promise<void>
}

export function createSpeechThreads(startThread: () => Worker): SpeechThreads {
  const threads = new Set<Worker>()
  const idle = new Set<Worker>()

  function start(): Worker {
    const thread = startThread()
    thread.unref()
    threads.add(thread)
    // A request learns from its own listener that its thread has died; of an idle one nobody needs to know.
    thread.on('error', () => {})
    thread.on('exit', () => {
      threads.delete(thread)
      idle.delete(thread)
    })
    return thread
  }

  function take(): Worker {
    const [thread = start()] = idle
    idle.delete(thread)
    return thread
  }

  return {
    async *speak(job, signal, onReport) {
      const thread = take()
      let ending: SpeechEnding | undefined
      try {
        ending = yield* audioOf(thread, job, signal, onReport)
      } catch (error) {
        throw signal.aborted ? error : threadDied(error)
      } finally {
        if (ending && idle.size < MAX_IDLE_THREADS) idle.add(thread)
        else void thread.terminate()
      }
      if (ending === 'silent') throw nothingAudible()
      if (ending === 'foreign') throw mostlyForeign()
      if (!ending) throw threadDied()
    },
    async close() {
      await Promise.all([...threads].map((thread) => thread.terminate()))
    },
  }
}

/** Yields the audio and returns how it ended; `undefined` where the thread ended first. */
async function* audioOf(thread: Worker, job: Job, signal: AbortSignal, onReport: Listener) {
  const bytesInFlight = new Int32Array(new SharedArrayBuffer(4))
  const messages = on(thread, 'message', { signal, close: ['exit'] }) as AsyncIterable<[SpeechMessage]>
  thread.postMessage({ ...job, bytesInFlight } satisfies SpeechJob)
  for await (const [message] of messages) {
    if (typeof message === 'string') return message
    if (!(message instanceof Uint8Array)) {
      onReport(message)
      continue
    }
    yield message
    Atomics.sub(bytesInFlight, 0, message.length)
    Atomics.notify(bytesInFlight, 0)
  }
  return undefined
}

function threadDied(cause?: unknown): ServiceError {
  return new ServiceError('speech_unavailable', 'The built-in voice stopped unexpectedly; try again', {
    cause,
  })
}

function nothingAudible(): ServiceError {
  const message = 'The built-in voice speaks English and finds nothing in the text that it could say'
  return new ServiceError('invalid_request', message, { errors: [{ path: 'text', message }] })
}

function mostlyForeign(): ServiceError {
  const message =
    'The built-in voice speaks English only, and most of the text is in another script; set a speech vendor that speaks its language (SPEECH_PROVIDER, such as elevenlabs with ELEVENLABS_API_KEY)'
  return new ServiceError('invalid_request', message, { errors: [{ path: 'text', message }] })
}
