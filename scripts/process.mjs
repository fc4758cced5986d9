import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const forwarded = /** @type {const} */ (['SIGINT', 'SIGTERM'])

/** A step that cannot be done; the message is for the user, `output` is what the step itself printed. */
export class StepError extends Error {
  /**
   * @param {string} message
   * @param {string} output
   */
  constructor(message, output = '') {
    super(message)
    this.output = output
  }
}

/** Thrown when the user stops the command in the middle of a step. */
export class Stopped extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(signal)
    this.signal = signal
  }
}

/** On standard error, since standard output belongs to the service's log. @param {string} text */
export const say = (text) => process.stderr.write(text)

/**
 * Runs a program to its end and passes signals on to it.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<{ code: number, output: string, received: NodeJS.Signals | undefined }>} its exit code (128 + the
 *   signal's number if it died of one), its output if that was piped, and the signal that was passed on
 */
export function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options })
  let output = ''
  /** @param {Buffer} chunk */
  const collect = (chunk) => {
    output += chunk
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  /** @type {NodeJS.Signals | undefined} */
  let received
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    received = signal
    child.kill(signal)
  }
  for (const signal of forwarded) process.on(signal, passOn)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) =>
      resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), output, received }),
    )
  }).finally(() => {
    for (const signal of forwarded) process.off(signal, passOn)
  })
}

/**
 * Has a program of Node.js take the place of this process, so that nothing stays in memory beside it. Where a process cannot
 * be replaced (on Windows, by an older Node.js), runs it to its end.
 *
 * @param {string[]} command the path of the Node.js and what it runs
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns its exit code, where it could not take the place
 */
export async function runInstead([node = process.execPath, ...rest], { cwd, env }) {
  const args = ['--import', new URL('stop-with-shell.mjs', import.meta.url).href, ...rest]
  if (process.platform !== 'win32' && process.execve) {
    process.chdir(cwd)
    process.execve(node, [node, ...args], env)
  }
  return (await run(node, args, { cwd, env })).code
}

/**
 * Runs a program without its output, says that it begins, and when it has ended how long it took. A line each, since
 * other steps may run beside this one.
 *
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @throws StepError with the program's output when it fails.
 */
export async function runStep(title, command, args, options = {}) {
  const start = Date.now()
  say(`${title}…\n`)
  const { code, output, received } = await run(command, args, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (received) throw new Stopped(received)
  if (code !== 0) throw new StepError(`${title} failed`, output)
  say(`${title}: ${seconds(Date.now() - start)}\n`)
}

/**
 * Waits for steps that run beside one another.
 *
 * @template {readonly unknown[] | []} T
 * @param {T} steps
 * @returns their results
 * @throws what the first of them has thrown, once none of them runs any more.
 */
export async function allOf(steps) {
  await Promise.allSettled(steps)
  return Promise.all(steps)
}

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/**
 * Runs a command's `main`, whose result is the exit code; an error is printed without its stack.
 *
 * @param {() => Promise<number | void>} main
 */
export async function runMain(main) {
  await import('./stop-with-shell.mjs')
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    say('\n')
    if (error instanceof Stopped) process.kill(process.pid, error.signal)
    else if (error instanceof StepError) say(`${error.output.trimEnd()}\n\n${error.message}\n`.trimStart())
    else throw error
    process.exitCode = 1
  }
}
