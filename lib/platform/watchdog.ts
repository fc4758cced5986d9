import { Worker } from 'node:worker_threads'

const BEAT_MS = 1000
const LIMIT_MS = 60_000

interface Watched {
  beats: Int32Array
  beatMs: number
  silentBeats: number
  line: string
}

/**
 * Ends this process, as a crash would, once its event loop has not turned for a minute: it would answer nobody and no
 * signal any more, and whoever supervises it may believe that it lives. The count is in beats, not by the clock, so that
 * a machine that was suspended ends nothing. `line` goes to standard output before.
 *
 * Returns what ends the watch.
 */
export function startWatchdog(options: { line: string; limitMs?: number; beatMs?: number }): () => void {
  const { line, limitMs = LIMIT_MS, beatMs = BEAT_MS } = options
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const timer = setInterval(() => Atomics.add(beats, 0, 1), beatMs).unref()
  const workerData: Watched = { beats, beatMs, silentBeats: Math.ceil(limitMs / beatMs), line }
  // As text, so that no bundler and no trace of files has to know of another entry.
  const thread = new Worker(
    `(${watch})(require('node:worker_threads').workerData, require('node:fs').writeSync)`,
    {
      eval: true,
      workerData,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
    },
  )
  thread.on('error', () => {})
  thread.unref()
  return () => {
    clearInterval(timer)
    void thread.terminate()
  }
}

/** What the thread does: it stands alone, for its text is all that the thread gets. */
function watch({ beats, beatMs, silentBeats, line }: Watched, write: (file: number, text: string) => void) {
  let seen = -1
  let silent = 0
  setInterval(() => {
    const beat = Atomics.load(beats, 0)
    silent = beat === seen ? silent + 1 : 0
    seen = beat
    if (silent < silentBeats) return
    try {
      write(1, `${line}\n`)
    } catch {
      // Nobody reads.
    }
    process.kill(process.pid, 'SIGKILL')
  }, beatMs)
}
