import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Environment, Program } from './program.ts'
import { startProgram } from './program.ts'
import { freePort } from './servers/free-port.ts'
import type { NginxServer } from './servers/nginx.ts'
import { startNginx } from './servers/nginx.ts'
import type { PgBouncer } from './servers/pgbouncer.ts'
import { startPgBouncer } from './servers/pgbouncer.ts'
import type { PostgresServer } from './servers/postgres.ts'
import { startPostgres } from './servers/postgres.ts'
import type { RedisServer } from './servers/redis.ts'
import { startRedis } from './servers/redis.ts'
import type { S3Process } from './servers/s3-process.ts'
import { spawnS3 } from './servers/s3-process.ts'
import { slowNetwork } from './servers/slow-network.ts'
import type { Service } from './service.ts'
import { startService } from './service.ts'
import { ServiceOutput } from './service-output.ts'

/** The whole service as it runs on more than one machine, as processes on this one. */
export interface Topology {
  /** Of nginx, in front of all web instances. */
  readonly baseUrl: string
  readonly webs: readonly Service[]
  readonly worker: Program
  readonly nginx: NginxServer
  readonly postgres: PostgresServer
  readonly pgbouncer: PgBouncer | undefined
  readonly redis: RedisServer
  readonly s3: S3Process
  /** Ends everything, from the front to the back, and removes what it kept on disk. */
  stop(): Promise<void>
}

export interface TopologyOptions {
  webs?: number
  /** Of nginx; 0: any free one. */
  port?: number
  /** For the web instances and the worker, besides what makes them one service. */
  environment?: Environment
  /** Whether PgBouncer stands between the processes and Postgres. */
  hasPgBouncer?: boolean | undefined
  /** What each round trip to Postgres, or to its PgBouncer, takes longer. */
  postgresDelayMs?: number | undefined
  /** Another store in place of the S3 stand-in. */
  startS3?: (() => Promise<S3Process>) | undefined
  /** Where a program writes; by its name: `web-1`, `worker`. */
  outputOf?(name: string): ServiceOutput
  /** Is told when a program ends that nobody has asked to. Nothing starts it again. */
  onUnasked?(name: string, end: number | string): void
}

/** PgBouncer's default. */
const POOL_SIZE = 20

/**
 * Starts real Postgres, Redis and nginx, an S3 stand-in, web instances and a worker. Needs the built service.
 *
 * @throws Error when one of them does not start; the others are ended then
 */
export async function startTopology(options: TopologyOptions = {}): Promise<Topology> {
  const stack = new AsyncDisposableStack()
  try {
    return { ...(await startAll(options, stack)), stop: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function startAll(options: TopologyOptions, stack: AsyncDisposableStack) {
  const { webs: count = 2, outputOf = () => new ServiceOutput() } = options
  const parent = await mkdtemp(path.join(tmpdir(), 'voicepin-scale-'))
  stack.defer(() => rm(parent, { recursive: true, force: true, maxRetries: 3 }))
  const started = <T extends { stop(): Promise<unknown> }>(server: Promise<T>) =>
    server.then((it) => {
      stack.defer(async () => void (await it.stop()))
      return it
    })
  const unasked = (name: string) => ({
    onUnasked: (end: number | string) => options.onUnasked?.(name, end),
  })
  const [postgres, redis, s3] = await settled(
    started(startPostgres(unasked('Postgres'))),
    started(startRedis(unasked('Redis'))),
    started(options.startS3?.() ?? spawnS3(path.join(parent, 's3'), unasked('S3'))),
  )
  const pgbouncer = options.hasPgBouncer
    ? await started(startPgBouncer(postgres.url, { poolSize: POOL_SIZE, ...unasked('PgBouncer') }))
    : undefined
  const databaseUrl = pgbouncer?.urlOf(new URL(postgres.url).pathname.slice(1)) ?? postgres.url
  const network = options.postgresDelayMs
    ? await started(slowNetwork(databaseUrl, options.postgresDelayMs))
    : { url: databaseUrl }
  const port = options.port || (await freePort())
  const baseUrl = `http://localhost:${port}`
  const environment = {
    ...options.environment,
    PUBLIC_BASE_URL: baseUrl,
    TRUSTED_PROXIES: '127.0.0.1',
    ...s3.environment(),
    DATABASE_URL: network.url,
    REDIS_URL: redis.url,
    // One for all, as a file system that machines share would be.
    IPFS_REPOSITORY_DIR: path.join(parent, 'ipfs'),
  }
  const partOf = (name: string) => ({ output: outputOf(name), ...unasked(name) })
  const startWeb = async (name: string) => {
    const directory = await newDirectory(parent, name)
    const own = { TEMP_AUDIO_DIR: directory, PORT: String(await freePort()), BACKGROUND: 'off' }
    return startService({ ...partOf(name), directory, environment: { ...environment, ...own } })
  }
  const startWorker = async () =>
    startProgram({
      ...partOf('worker'),
      file: 'bin/worker.ts',
      environment: { ...environment, TEMP_AUDIO_DIR: await newDirectory(parent, 'worker') },
      isReady: (said) => said.includes('works in the background'),
    })
  const names = Array.from({ length: count }, (_, index) => `web-${index + 1}`)
  const [worker, ...webs] = await settled(
    started(startWorker()),
    ...names.map((name) => started(startWeb(name))),
  )
  const upstreams = webs.map((web) => new URL(web.baseUrl).host)
  // Whoever calls from this machine stands for many callers.
  const nginx = await started(startNginx({ port, upstreams, outerProxy: '127.0.0.1', ...unasked('nginx') }))
  return { baseUrl, webs, worker, nginx, postgres, pgbouncer, redis, s3 }
}

async function newDirectory(parent: string, name: string): Promise<string> {
  const directory = path.join(parent, name)
  await mkdir(directory)
  return directory
}

/** Waits for all, so that none is started after the others have been ended. */
async function settled<T extends unknown[]>(...promises: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(promises)
  return Promise.all(promises) as Promise<T>
}
