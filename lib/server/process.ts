import { ConfigError, describeConfigError } from '#lib/config/config-error.ts'
import { describeError } from '#lib/platform/errors.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'

/** Signals within this time count as one: a Ctrl-C comes from the terminal, and again from npm and the start script. */
export const SAME_SIGNAL_MS = 500

/** Writes one line to standard error, for the person who started this process. */
export const say = (line: string) => process.stderr.write(`${line}\n`)

/** What waits for a reader of standard error that is behind; what comes beyond it is dropped. */
const MAX_WAITING_BYTES = MEBIBYTE

/** Sends everything else to standard error: standard output carries the log's JSON lines and nothing more. */
export function keepOutputForLog() {
  console.log = console.info = console.debug = console.error
  // Where nobody reads any more each line is an error, which would be reported by a line, and so on without an end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const { stderr } = process
  const write = stderr.write.bind(stderr) as (...args: unknown[]) => boolean
  stderr.write = (...args: unknown[]) => stderr.writableLength < MAX_WAITING_BYTES && write(...args)
}

/**
 * Stops once at the first SIGINT or SIGTERM, and exits with 0. A second signal ends the process at once, as does a stop
 * that takes longer than `limitMs`.
 */
export function stopOnSignal(stop: () => Promise<void>, { limitMs }: { limitMs: number }) {
  let stoppingSince: number | undefined
  const onSignal = () => {
    if (stoppingSince === undefined) {
      stoppingSince = Date.now()
      say('Stopping: running work may finish first')
      setTimeout(() => process.exit(1), limitMs).unref()
      stop().then(
        () => process.exit(0),
        (error) => fail(`Voicepin did not stop cleanly: ${describeError(error)}`),
      )
    } else if (Date.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}

/** Exits with 1 after one line that says why the process could not start. `portVariable` sets its port. */
export function failToStart(error: unknown, portVariable = 'PORT'): never {
  return fail(explainStartError(error, portVariable))
}

function fail(line: string): never {
  say(line)
  process.exit(1)
}

/** One line that says why a process could not start. `portVariable` sets its port. */
export function explainStartError(error: unknown, portVariable = 'PORT'): string {
  const { code, port, syscall } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRNOTAVAIL' || (code === 'ENOTFOUND' && syscall === 'getaddrinfo'))
    return 'The HOST is no address of this machine; set it to one, or leave it empty for all of them'
  if (code === 'EADDRINUSE') return `Port ${port} is in use; set ${portVariable} to another one`
  if (code === 'EACCES' && port)
    return `Port ${port} may not be used by this user; set ${portVariable} to another one`
  if (ConfigError.isInstance(error)) return describeConfigError(error)
  return `Voicepin could not start: ${describeError(error)}`
}
