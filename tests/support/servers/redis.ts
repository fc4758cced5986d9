import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { Redis } from 'ioredis'
import { fastDirectory } from '../temporary-directory.ts'
import { until } from '../until.ts'
import { freePort } from './free-port.ts'
import { type OnUnasked, tellOfUnaskedEnd } from './unasked-end.ts'

/** A real Redis server of our own, on this machine only; it keeps nothing when it ends. */
export interface RedisServer {
  readonly url: string
  /** Forgets everything. */
  empty(): Promise<void>
  /** Ends it; `start` brings it back, empty, on the same port. */
  stop(): Promise<void>
  start(): Promise<void>
}

/**
 * Starts `program` from the `PATH`, with further settings as its configuration file has them. Whoever sets another port
 * or a password is asked at that of `redis://` here. @throws when there is no such program
 */
export async function startRedis({
  port = 0,
  onUnasked,
  program = 'redis-server',
  settings = {},
}: {
  port?: number
  onUnasked?: OnUnasked
  program?: string
  settings?: Record<string, string | number>
} = {}): Promise<RedisServer> {
  const chosenPort = port || (await freePort())
  const url = `redis://127.0.0.1:${chosenPort}`
  let end: (() => Promise<void>) | undefined

  async function start() {
    const directory = await mkdtemp(path.join(fastDirectory(), 'voicepin-redis-'))
    const flags = {
      port: chosenPort,
      bind: '127.0.0.1',
      dir: directory,
      save: '',
      appendonly: 'no',
      ...settings,
    }
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
    const child = spawn(program, args, { stdio: 'ignore' })
    await Promise.race([
      once(child, 'spawn'),
      once(child, 'error').then(([error]) => Promise.reject(error)),
    ]).catch((cause) => {
      throw new Error(`Redis did not start: there is no ${program} on the PATH`, { cause })
    })
    const asked = tellOfUnaskedEnd(child, onUnasked)
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    end = async () => {
      asked()
      process.off('exit', kill)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      await rm(directory, { recursive: true, force: true })
    }
    await until('an answer from Redis', () => command('ping').catch(() => false), { timeoutMs: 10_000 })
  }

  async function command(name: string) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.call(name)
      return true
    } finally {
      client.disconnect()
    }
  }

  await start()
  return {
    url,
    start,
    async empty() {
      await command('flushall')
    },
    async stop() {
      await end?.()
    },
  }
}
