import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { until } from '../../../support/until.ts'

const STOP_TIMEOUT_MS = 10_000

/** A server that ours is held against. */
export interface Anchor extends AsyncDisposable {
  baseUrl: string
  processId: number
}

/** Runs an anchor until it is disposed of. */
export async function startAnchor({
  command,
  baseUrl,
  environment,
}: {
  command: string[]
  /** Where it answers once it is ready, or how that is found in the first line that it prints. */
  baseUrl: string | ((line: string) => string)
  environment?: Record<string, string>
}): Promise<Anchor> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // It may have a child of its own to end.
  const end = () => child.kill('SIGTERM')
  process.once('exit', end)
  const exited = once(child, 'exit').finally(() => process.off('exit', end))
  const stop = async () => {
    end()
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(timer)
  }
  try {
    const said = output(child)
    const at = typeof baseUrl === 'string' ? baseUrl : baseUrl(await until('its address', said.firstLine))
    await until(`an answer of ${command.join(' ')}`, () => answers(child, at, said.all), {
      timeoutMs: 60_000,
      everyMs: 5,
    })
    return { baseUrl: at, processId: child.pid as number, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function output(child: ChildProcess) {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk
    })
  }
  return { all: () => text, firstLine: () => text.includes('\n') && text.split('\n', 1)[0] }
}

async function answers(child: ChildProcess, baseUrl: string, said: () => string): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${said()}`)
  return fetch(baseUrl).then(
    async (response) => {
      await response.body?.cancel()
      return response.status < 500
    },
    () => false,
  )
}
