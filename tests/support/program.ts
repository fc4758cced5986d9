import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { readConfig } from '#lib/config/index.ts'
import { thriftyMemory } from '../../scripts/setup.mjs'
import { ServiceOutput } from './service-output.ts'
import { until } from './until.ts'

const ownRoot = path.resolve(import.meta.dirname, '../..')
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 40_000

export type Environment = Record<string, string>

/** One of the project's programs, running as a process of its own. */
export interface Program {
  readonly processId: number
  /** What it has written since its first start. */
  readonly output: ServiceOutput
  /** Sends SIGTERM. Throws unless it exits with 0 and every line on standard output was JSON. */
  stop(): Promise<{ elapsedMs: number }>
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>
  /** Starts it again after `stop` or `kill`. Throws when it ends before it is ready. */
  restart(changes?: Environment): Promise<void>
}

export interface ProgramOptions {
  /** Relative to `root`. */
  file: 'bin/server.ts' | 'bin/worker.ts'
  environment: Environment
  /** The checkout whose program it is; this one where it is missing. */
  root?: string | undefined
  /** What runs it, such as `taskset -c 0`; it must become the program. */
  prefix?: string[] | undefined
  /** How many files it may have open; the system's own limit where it is missing. */
  openFiles?: number | undefined
  output?: ServiceOutput | undefined
  /** Is asked again and again, with what this start has written so far. */
  isReady(said: string): boolean | Promise<boolean>
  /** Is told when it ends without having been asked to: its exit code or signal. */
  onUnasked?: ((end: number | string) => void) | undefined
}

const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** Ends every program that still runs. */
export async function killPrograms(): Promise<void> {
  await Promise.all([...living].map((child) => child.kill('SIGKILL') && once(child, 'exit')))
}

/** Starts a program of the built service and waits until it is ready. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const output = options.output ?? new ServiceOutput()
  const { root = ownRoot } = options
  let { environment } = options
  let running: Running
  let isAsked = false

  async function launch() {
    if (!existsSync(path.join(root, '.next/BUILD_ID')))
      throw new Error('Build the service first: npm run build')
    const from = output.length
    isAsked = false
    running = run(options.file, environment, output, options)
    const { child, exited } = running
    const isReady = () => failIfEnded(child, output.since(from)) ?? options.isReady(output.since(from))
    await until('readiness', isReady, { timeoutMs: START_TIMEOUT_MS, everyMs: 20 })
    void exited.then((end) => isAsked || options.onUnasked?.(end))
  }

  await launch()
  return {
    output,
    get processId() {
      return running.child.pid as number
    },
    async stop() {
      const startedAt = performance.now()
      const hadEnded = (running.child.exitCode ?? running.child.signalCode) !== null
      isAsked = true
      running.child.kill('SIGTERM')
      const timer = setTimeout(() => running.child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      const end = await running.exited
      clearTimeout(timer)
      const when = hadEnded ? 'before it was asked to' : 'after SIGTERM'
      if (end !== 0) throw new Error(`${options.file} ended with ${end} ${when}:\n${output.text}`)
      output.assertJson()
      return { elapsedMs: performance.now() - startedAt }
    },
    async kill() {
      isAsked = true
      running.child.kill('SIGKILL')
      await running.exited
    },
    async restart(changes = {}) {
      environment = { ...environment, ...changes }
      await launch()
    },
  }
}

function failIfEnded(child: ChildProcess, said: string): undefined {
  const end = child.exitCode ?? child.signalCode
  if (end !== null) throw new Error(`It ended with ${end} before it was ready:\n${said}`)
}

export interface Running {
  child: ChildProcess
  /** Its exit code, or the signal that ended it. */
  exited: Promise<number | string>
}

/** Starts a program without waiting for anything. */
export function run(
  file: ProgramOptions['file'],
  environment: Environment,
  output: ServiceOutput,
  { root = ownRoot, prefix = [], openFiles }: Pick<ProgramOptions, 'root' | 'prefix' | 'openFiles'> = {},
): Running {
  const built = `dist/${file.replace(/\.ts$/, '.js')}`
  // An earlier version runs from its sources.
  const program = existsSync(path.join(root, built)) ? built : file
  const command = [...prefix, process.execPath, program]
  const limited = openFiles ? ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...command] : command
  const child = spawn(limited[0] as string, limited.slice(1), {
    cwd: root,
    env: {
      ...blankEnvironment(),
      PATH: process.env.PATH,
      PORT: '0',
      NODE_ENV: 'production',
      ...environment,
      // As `npm start` has it; an earlier version has not.
      ...(root === ownRoot && thriftyMemory(environment)),
    },
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

/** Where processes find what others before them have compiled, if there is such a place. */
export function compileCache(): Environment {
  const { NODE_COMPILE_CACHE } = process.env
  return NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {}
}

/** Every variable that the service knows, empty: nothing from a developer's own `.env` file gets in. */
export function blankEnvironment(): Environment {
  const blank: Environment = {}
  const spy = new Proxy(blank, {
    get(target, name) {
      target[String(name)] = ''
      return undefined
    },
  })
  readConfig(spy)
  return { ...blank, ...compileCache(), NEXT_TELEMETRY_DISABLED: '1' }
}
