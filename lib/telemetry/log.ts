import { hostname } from 'node:os'
import pino, { type DestinationStream, type Logger } from 'pino'
import type { Config } from '#lib/config/index.ts'
import { software } from '#lib/model/software.ts'
import type { Scrub } from '#lib/platform/redact.ts'
import { standardOutput } from './log-output.ts'
import { readableLine } from './readable-line.ts'

export type Log = Logger

const named = (serialized: object, error: unknown) =>
  error instanceof Error ? { ...serialized, type: error.name } : serialized

/** The messages that operators search for: their words never change. */
export const logMessages = {
  stored: (cid: string) => `✅ IPFS upload successful: ${cid}`,
  keptTemporarily: (id: string) => `📁 Audio stored temporarily: ${id}`,
  willRetry: '🔄 Will retry IPFS upload in background',
  allFailed: '🚨 All IPFS upload attempts failed',
} as const

/**
 * JSON lines on standard output, or readable ones with `format: 'pretty'`, without a transport thread, which a bundle would
 * break. Nobody waits for who reads them: see `log-output.ts`. `scrub` gets each finished line, so that no secret gets out,
 * whichever field it is in.
 */
export function createLog(options: {
  level: Config['logLevel']
  format?: Config['logFormat']
  scrub: Scrub
  destination?: DestinationStream
}): Log {
  const { level, scrub, format, destination = standardOutput(onResumed) } = options
  const isPretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY)
  const log: Log = pino(
    {
      level,
      base: { host: hostname(), pid: process.pid, version: software.version },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: isPretty ? (line) => readableLine(scrub(line)) : scrub },
      // The name of the class in a bundle is one letter; ours say their name themselves.
      serializers: { err: (error) => named(pino.stdSerializers.err(error), error) },
    },
    destination,
  )
  function onResumed(droppedLines: number) {
    log.warn({ droppedLines }, 'Lines of the log were dropped: standard output was not read in time')
  }
  return log
}
