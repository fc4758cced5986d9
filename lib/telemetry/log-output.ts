import { writeSync } from 'node:fs'
import { processSingleton } from '#lib/platform/process-singleton.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'

/** What waits for a reader that is slower than the log. What comes beyond it is dropped, and counted. */
const MAX_WAITING_BYTES = MEBIBYTE
const RETRY_MS = 20
/** How long the end of the process waits for a reader that is behind. */
const EXIT_LIMIT_MS = 1000

export interface LogOutput {
  write(line: string): void
  /** Writes what waits, for at most `limitMs`; blocks meanwhile. */
  flush(limitMs: number): void
  readonly droppedLines: number
}

/**
 * Writes lines to the file descriptor `fd` and never waits for its reader. `onResumed` is told how many lines were dropped
 * once there is room again. `fd` must not block: where a pipe is full, a write fails with `EAGAIN`.
 */
export function createLogOutput(options: {
  fd: number
  onResumed: (droppedLines: number) => void
  maxWaitingBytes?: number
}): LogOutput {
  const { fd, onResumed, maxWaitingBytes = MAX_WAITING_BYTES } = options
  const waiting: Buffer[] = []
  let waitingBytes = 0
  let droppedLines = 0
  let reportedLines = 0
  let timer: NodeJS.Timeout | undefined

  /** Whether all is written that waited. */
  function writeWaiting(): boolean {
    for (let first = waiting[0]; first; first = waiting[0]) {
      const written = writeSome(fd, first)
      if (written === undefined) return false
      waitingBytes -= written
      if (written < first.length) waiting[0] = first.subarray(written)
      else waiting.shift()
    }
    return true
  }

  function resume() {
    timer = undefined
    if (!writeWaiting()) return retryLater()
    const lines = droppedLines - reportedLines
    reportedLines = droppedLines
    if (lines > 0) onResumed(lines)
  }

  function retryLater() {
    timer ??= setTimeout(resume, RETRY_MS).unref()
  }

  return {
    write(line) {
      const bytes = Buffer.from(line)
      if (waitingBytes + bytes.length > maxWaitingBytes) {
        droppedLines += 1
        return
      }
      waiting.push(bytes)
      waitingBytes += bytes.length
      if (timer === undefined && !writeWaiting()) retryLater()
    },

    flush(limitMs) {
      const endAt = performance.now() + limitMs
      while (!writeWaiting() && performance.now() < endAt) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
      }
    },

    get droppedLines() {
      return droppedLines
    },
  }
}

/** How many bytes were written; `undefined` while the reader is behind. What nobody reads any more counts as written. */
function writeSome(fd: number, bytes: Buffer): number | undefined {
  try {
    return writeSync(fd, bytes)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? undefined : bytes.length
  }
}

/**
 * The standard output of this process, which is flushed when that ends. Only the first `onResumed` is called. A terminal
 * that is held (Ctrl-S) still blocks.
 */
export function standardOutput(onResumed: (droppedLines: number) => void = () => {}): LogOutput {
  return processSingleton('log output', () => {
    // Node.js makes a pipe one that does not block when this is first read.
    void process.stdout
    const output = createLogOutput({ fd: 1, onResumed })
    process.on('exit', () => output.flush(EXIT_LIMIT_MS))
    return output
  })
}
