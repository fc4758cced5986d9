import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Json } from './json.ts'
import type { Environment, ProgramOptions } from './program.ts'
import { killPrograms, run, startProgram } from './program.ts'
import { freePort } from './servers/free-port.ts'
import type { LogLine } from './service-output.ts'
import { ServiceOutput } from './service-output.ts'

export type { Environment } from './program.ts'

const START_TIMEOUT_MS = 60_000

/** The built service, running as a process of its own. */
export interface Service {
  readonly baseUrl: string
  /** Its `TEMP_AUDIO_DIR`. */
  readonly directory: string
  readonly processId: number
  /** What it has logged since its first start, oldest first. */
  readonly log: LogLine[]
  /** Everything that it wrote to either output. */
  readonly output: string
  waitForLog(what: string | ((line: LogLine) => boolean), timeoutMs?: number): Promise<LogLine>
  fetch(pathname: string, init?: RequestInit): Promise<Response>
  vocalize(body?: unknown, headers?: Record<string, string>): Promise<Vocalized>
  /** Sends SIGTERM. Throws unless it exits with 0 and every line on standard output was JSON. */
  stop(): Promise<{ elapsedMs: number }>
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>
  /** Starts it again after `stop` or `kill`: same directory, same port. Throws when it ends before it is ready. */
  restart(changes?: Environment): Promise<void>
}

export interface Vocalized {
  status: number
  headers: Headers
  body: Json
  elapsedMs: number
}

const directories = new Set<string>()

/** Ends what is still running and removes the directories that were made. For `afterAll`. */
export async function cleanUpServices(): Promise<void> {
  await killPrograms()
  const all = [...directories].flatMap((directory) => [directory, repositoryBeside(directory)])
  await Promise.all(all.map((directory) => rm(directory, { recursive: true, force: true })))
  directories.clear()
}

/** A directory of its own under the system's temporary one. */
export async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'voicepin-test-'))
  directories.add(directory)
  return directory
}

/** The `IPFS_REPOSITORY_DIR` of a service whose `TEMP_AUDIO_DIR` is `directory`. */
export const repositoryBeside = (directory: string) => `${directory}-ipfs`

/** The variables for a service that keeps everything in and beside `directory`. */
/** The variables that give a service folders of its own. */
export const placesIn = (directory: string) => ({
  TEMP_AUDIO_DIR: directory,
  IPFS_REPOSITORY_DIR: repositoryBeside(directory),
})

/** Starts the built service and waits until it is ready. */
export async function startService(
  options: { environment?: Environment; directory?: string } & Pick<
    ProgramOptions,
    'output' | 'onUnasked' | 'openFiles' | 'root' | 'prefix'
  > = {},
): Promise<Service> {
  const directory = options.directory ?? (await newDirectory())
  let baseUrl = ''
  const program = await startProgram({
    file: 'bin/server.ts',
    environment: {
      ...placesIn(directory),
      // One that is still free when it is started again.
      PORT: String(await freePort()),
      // Tests say the same sentence many times and want a clip for each.
      REUSE: 'off',
      ...options.environment,
    },
    openFiles: options.openFiles,
    root: options.root,
    prefix: options.prefix,
    output: options.output,
    onUnasked: options.onUnasked,
    async isReady(said) {
      const address = addressIn(said)
      if (address) baseUrl = address
      return address !== undefined && isReady(address)
    },
  })
  const { output } = program

  const fetchPath: Service['fetch'] = (pathname, init) => fetch(new URL(pathname, baseUrl), init)
  return {
    directory,
    get baseUrl() {
      return baseUrl
    },
    get processId() {
      return program.processId
    },
    get log() {
      return output.lines
    },
    get output() {
      return output.text
    },
    waitForLog: (what, timeoutMs) => output.waitFor(what, timeoutMs),
    fetch: fetchPath,
    async vocalize(body = { text: 'Hello from a test', voiceId: 'slt' }, headers = {}) {
      const startedAt = performance.now()
      const response = await fetchPath('/api/agents/vocalize', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const answer = await response.json()
      const elapsedMs = performance.now() - startedAt
      return { status: response.status, headers: response.headers, body: answer, elapsedMs }
    },
    stop: program.stop,
    kill: program.kill,
    restart: program.restart,
  }
}

/** Starts the service where it must not start. Gives how it ended and what it said. */
export async function startInVain(environment: Environment): Promise<{ exitCode: unknown; output: string }> {
  const output = new ServiceOutput()
  const { child, exited } = run(
    'bin/server.ts',
    { ...placesIn(await newDirectory()), ...environment },
    output,
  )
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  const exitCode = await exited
  clearTimeout(timer)
  return { exitCode, output: output.text }
}

function addressIn(text: string): string | undefined {
  return text.match(/listens on http:\/\/localhost:(\d+)/)?.[1]?.replace(/^/, 'http://127.0.0.1:')
}

async function isReady(baseUrl: string): Promise<boolean> {
  const response = await fetch(`${baseUrl}/api/health/ready`).catch(() => undefined)
  await response?.body?.cancel()
  return response?.status === 200
}
