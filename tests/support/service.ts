import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readConfig } from '../../lib/config.ts'
import type { LogLine } from './service-output.ts'
import { ServiceOutput } from './service-output.ts'
import { until } from './until.ts'

const root = path.resolve(import.meta.dirname, '../..')
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 40_000

export type Environment = Record<string, string>

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
  body: any
  elapsedMs: number
}

interface Running {
  child: ChildProcess
  exited: Promise<number | string>
  baseUrl: string
  ready: Promise<void>
}

const living = new Set<ChildProcess>()
const directories = new Set<string>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** Ends what is still running and removes the directories that were made. For `afterAll`. */
export async function cleanUpServices(): Promise<void> {
  await Promise.all([...living].map((child) => child.kill('SIGKILL') && once(child, 'exit')))
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
const placesIn = (directory: string) => ({
  TEMP_AUDIO_DIR: directory,
  IPFS_REPOSITORY_DIR: repositoryBeside(directory),
})

/** Starts the built service and waits until it is ready. */
export async function startService(
  options: { environment?: Environment; directory?: string } = {},
): Promise<Service> {
  const directory = options.directory ?? (await newDirectory())
  const output = new ServiceOutput()
  // Tests say the same sentence many times and want a clip for each.
  let environment: Environment = { ...placesIn(directory), REUSE: 'off', ...options.environment }
  let running = launch(environment, output)
  await running.ready

  const fetchPath: Service['fetch'] = (pathname, init) => fetch(new URL(pathname, running.baseUrl), init)
  return {
    directory,
    get baseUrl() {
      return running.baseUrl
    },
    get processId() {
      return running.child.pid as number
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
    async stop() {
      const startedAt = performance.now()
      running.child.kill('SIGTERM')
      const timer = setTimeout(() => running.child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      const end = await running.exited
      clearTimeout(timer)
      if (end !== 0) throw new Error(`The service ended with ${end} after SIGTERM:\n${output.text}`)
      output.assertJson()
      return { elapsedMs: performance.now() - startedAt }
    },
    async kill() {
      running.child.kill('SIGKILL')
      await running.exited
    },
    async restart(changes = {}) {
      environment = { ...environment, PORT: new URL(running.baseUrl).port, ...changes }
      running = launch(environment, output)
      await running.ready
    },
  }
}

/** Starts the service where it must not start. Gives how it ended and what it said. */
export async function startInVain(environment: Environment): Promise<{ exitCode: unknown; output: string }> {
  const output = new ServiceOutput()
  const { child, exited } = run({ ...placesIn(await newDirectory()), ...environment }, output)
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  const exitCode = await exited
  clearTimeout(timer)
  return { exitCode, output: output.text }
}

function launch(environment: Environment, output: ServiceOutput): Running {
  if (!existsSync(path.join(root, '.next/BUILD_ID')))
    throw new Error('Build the service first: npm run build')
  const from = output.text.length
  const { child, exited } = run(environment, output)
  const running: Running = {
    child,
    exited,
    baseUrl: `http://127.0.0.1:${environment.PORT ?? 0}`,
    ready: becomeReady(),
  }
  running.ready.catch(() => {})
  return running

  async function becomeReady() {
    await Promise.resolve()
    running.baseUrl = await until(
      'an address',
      ifAlive(() => addressIn(output.text.slice(from))),
      slowly,
    )
    await until(
      'readiness',
      ifAlive(() => isReady(running.baseUrl)),
      slowly,
    )
  }

  function ifAlive<T>(check: () => T): () => T {
    return () => {
      const end = child.exitCode ?? child.signalCode
      if (end === null) return check()
      throw new Error(`The service ended with ${end} before it was ready:\n${output.text.slice(from)}`)
    }
  }
}

const slowly = { timeoutMs: START_TIMEOUT_MS, everyMs: 20 }

function run(environment: Environment, output: ServiceOutput) {
  const child = spawn(process.execPath, ['server.ts'], {
    cwd: root,
    env: { ...blankEnvironment(), PATH: process.env.PATH, PORT: '0', NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  living.add(child)
  output.read(child)
  const exited = once(child, 'close').then(([code, signal]) => {
    living.delete(child)
    return (code ?? signal) as number | string
  })
  return { child, exited }
}

/** Every variable that the service knows, empty: nothing from a developer's own `.env` file gets in. */
function blankEnvironment(): Environment {
  const blank: Environment = {}
  const spy = new Proxy(blank, {
    get(target, name) {
      target[String(name)] = ''
      return undefined
    },
  })
  readConfig(spy)
  return { ...blank, NEXT_TELEMETRY_DISABLED: '1' }
}

function addressIn(text: string): string | undefined {
  return text.match(/listens on http:\/\/localhost:(\d+)/)?.[1]?.replace(/^/, 'http://127.0.0.1:')
}

async function isReady(baseUrl: string): Promise<boolean> {
  const response = await fetch(`${baseUrl}/api/health/ready`).catch(() => undefined)
  await response?.body?.cancel()
  return response?.status === 200
}
