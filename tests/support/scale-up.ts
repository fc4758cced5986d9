import path from 'node:path'
import { parseArgs } from 'node:util'
import nextEnv from '@next/env'
import { systemClock } from '../../lib/clock.ts'
import { readConfig } from '../../lib/config.ts'
import { createDisk } from '../../lib/disk.ts'
import { describeError } from '../../lib/errors.ts'
import { createCarStore } from '../../lib/ipfs/car-store.ts'
import { createProviders } from '../../lib/ipfs/providers.ts'
import type { Environment } from './program.ts'
import { outputToFile } from './service-output.ts'
import type { Topology } from './topology.ts'
import { startTopology } from './topology.ts'

const root = path.resolve(import.meta.dirname, '../..')
const logs = path.join(root, '.scale')
const MAX_WEBS = 16
/** A Ctrl-C arrives several times: from the terminal itself, and passed on by npm. */
const SAME_SIGNAL_MS = 500
const say = (line: string) => process.stderr.write(`${line}\n`)

/** `npm run scale:up -- [--web N] [--port P] [--logs]`: runs until it is told to stop. */
async function main(): Promise<void> {
  const stopped = whenToldToStop()
  nextEnv.loadEnvConfig(root, false, { info() {}, error: console.error })
  const { webs, port, showsLogs } = readArguments()
  say('Starting Postgres, Redis, an S3 stand-in, web instances, a worker and nginx')
  const topology = await startTopology({
    ...{ webs, port, environment: ownEnvironment() },
    outputOf: (name) => outputTo(name, showsLogs),
    onUnasked: (name, end) =>
      say(`✗ ${name} ended with ${end}; nothing starts it again (.scale/${name}.log)`),
  })
  greet(topology)
  await stopped
  say('Stopping: running work may finish first')
  await topology.stop().catch((error) => fail(`Not all of it stopped cleanly: ${firstLineOf(error)}`))
  process.exit(0)
}

function readArguments() {
  const { values } = parseArgs({
    options: { web: { type: 'string' }, port: { type: 'string' }, logs: { type: 'boolean' } },
  })
  const webs = Number(values.web ?? 2)
  const port = Number(values.port ?? readConfig(process.env).port)
  if (!Number.isInteger(webs) || webs < 1 || webs > MAX_WEBS || !Number.isInteger(port)) {
    say(`Usage: npm run scale:up -- [--web 1-${MAX_WEBS}] [--port P] [--logs]`)
    process.exit(2)
  }
  return { webs, port, showsLogs: values.logs ?? false }
}

/** What the user has set; the block store of this machine where that names no provider. */
function ownEnvironment(): Environment {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([, value]) => value),
  ) as Environment
  const { ipfs } = readConfig({ ...environment, DATABASE_URL: 'postgres://a:b@c/d' })
  const { providers } = createProviders(ipfs, {
    now: systemClock.now,
    repository: createCarStore({ directory: ipfs.repositoryDir }),
    repositoryDisk: createDisk(ipfs.repositoryDir),
  })
  return { REUSE: 'on', ...(providers.length === 0 && { IPFS_PROVIDERS: 'embedded' }), ...environment }
}

function outputTo(name: string, isShown: boolean) {
  return outputToFile(path.join(logs, `${name}.log`), (line) => isShown && say(`${name}  ${line}`))
}

function greet({ baseUrl, webs, worker, postgres, redis, s3 }: Topology): void {
  const { host } = new URL(postgres.url)
  const row = (name: string, at: string) => say(`  ${name.padEnd(10)} ${at}`)
  row('Postgres', host)
  row('Redis', new URL(redis.url).host)
  row('S3', `${s3.url} (a stand-in, bucket ${s3.bucket})`)
  for (const [index, web] of webs.entries())
    row(`web-${index + 1}`, `${web.baseUrl} (process ${web.processId})`)
  row('worker', `process ${worker.processId}`)
  row('nginx', `${baseUrl}, in front of the web instances`)
  say('Logs are in .scale/; all data goes when this stops (Ctrl-C).')
  say(`Try it: curl -s ${baseUrl}/api/agents/vocalize -d '{"text":"Hello from Voicepin","voiceId":"slt"}'`)
}

/** Resolves at the first signal, or when whoever started this is gone; a second signal ends the process at once. */
function whenToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    let toldAt: number | undefined
    const tell = () => {
      if (toldAt !== undefined && Date.now() - toldAt > SAME_SIGNAL_MS) process.exit(1)
      toldAt ??= Date.now()
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, tell)
    process.stdin.resume().once('end', tell)
  })
}

/** Without the log that comes after it: that is in its file. */
const firstLineOf = (error: unknown) => describeError(error).split(/:?\n/, 1)[0]

function fail(line: string): never {
  say(line)
  process.exit(1)
}

main().catch((error) => fail(`Not started: ${describeError(error)}`))
