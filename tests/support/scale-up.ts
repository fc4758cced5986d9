import path from 'node:path'
import { parseArgs } from 'node:util'
import nextEnv from '@next/env'
import { readConfig } from '#lib/config/index.ts'
import { createBlockStore } from '#lib/ipfs/blocks/block-store.ts'
import { createProviders } from '#lib/ipfs/providers/index.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { createDiskSpace } from '#lib/platform/disk-space.ts'
import { describeError } from '#lib/platform/errors.ts'
import type { Environment } from './program.ts'
import { isListening } from './servers/nginx.ts'
import { outputToFile } from './service-output.ts'
import type { Topology } from './topology.ts'
import { startTopology } from './topology.ts'

const root = path.resolve(import.meta.dirname, '../..')
const MAX_WEBS = 16
const USAGE = `Usage: npm run scale:up -- [--web 1-${MAX_WEBS}] [--port 1-65535] [--logs]`
/** A Ctrl-C arrives several times: from the terminal itself, and passed on by npm. */
const SAME_SIGNAL_MS = 500
const say = (line: string) => process.stderr.write(`${line}\n`)

/** `npm run scale:up -- [--web N] [--port P] [--logs]`: runs until it is told to stop. */
async function main(): Promise<void> {
  const stopped = whenToldToStop()
  nextEnv.loadEnvConfig(root, false, { info() {}, error: console.error })
  const { webs, port, showsLogs } = readArguments()
  if (await isListening(port)) throw new Error(`Port ${port} is in use; name another one with --port`)
  // Another instance has another port.
  const logs = path.join('.scale', String(port))
  say('Starting Postgres, Redis, an S3 stand-in, web instances, a worker and nginx')
  const topology = await startTopology({
    webs,
    port,
    environment: ownEnvironment(),
    outputOf: (name) => outputTo(fileOf(logs, name), name, showsLogs),
    onUnasked: (name, end) => say(`✗ ${name} ended with ${end}; nothing starts it again${hint(logs, name)}`),
  })
  greet(topology, logs)
  await stopped
  say('Stopping: running work may finish first')
  await topology.stop().catch((error) => fail(`Not all of it stopped cleanly: ${firstLinesOf(error)}`))
  process.exit(0)
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      web: { type: 'string', default: '2' },
      port: { type: 'string', default: String(readConfig(process.env).port) },
      logs: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) fail(USAGE, 0)
  const [webs, port] = [Number(values.web), Number(values.port)]
  if (!isWithin(webs, MAX_WEBS) || !isWithin(port, 65_535)) fail(USAGE, 2)
  return { webs, port, showsLogs: values.logs }
}

const isWithin = (value: number, max: number) => Number.isInteger(value) && value >= 1 && value <= max

/** What the user has set; the block store of this machine where that names no provider. */
function ownEnvironment(): Environment {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([, value]) => value),
  ) as Environment
  const { ipfs } = readConfig({ ...environment, DATABASE_URL: 'postgres://a:b@c/d' })
  const { providers } = createProviders(ipfs, {
    now: systemClock.now,
    onNote: () => {},
    blockStore: createBlockStore({ directory: ipfs.repositoryDir }),
    diskSpace: createDiskSpace(ipfs.repositoryDir),
  })
  return { REUSE: 'on', ...(providers.length === 0 && { IPFS_PROVIDERS: 'embedded' }), ...environment }
}

const fileOf = (logs: string, name: string) => path.join(logs, `${name}.log`)

/** Only what is ours writes into a file. */
const hint = (logs: string, name: string) => (/^(web|worker)/.test(name) ? ` (${fileOf(logs, name)})` : '')

function outputTo(file: string, name: string, isShown: boolean) {
  return outputToFile(path.join(root, file), (line) => isShown && say(`${name}  ${line}`))
}

function greet({ baseUrl, webs, worker, postgres, redis, s3 }: Topology, logs: string): void {
  const { host } = new URL(postgres.url)
  const row = (name: string, at: string) => say(`  ${name.padEnd(10)} ${at}`)
  row('Postgres', host)
  row('Redis', new URL(redis.url).host)
  row('S3', `${s3.url} (a stand-in, bucket ${s3.bucket})`)
  for (const [index, web] of webs.entries())
    row(`web-${index + 1}`, `${web.baseUrl} (process ${web.processId})`)
  row('worker', `process ${worker.processId}`)
  row('nginx', `${baseUrl}, in front of the web instances`)
  say(`Logs are in ${logs}/; all data goes when this stops (Ctrl-C).`)
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

/** All that went wrong, each without the log that comes after it: that is in its file. */
function firstLinesOf(error: unknown): string {
  if (error instanceof SuppressedError)
    return `${firstLinesOf(error.suppressed)}; ${firstLinesOf(error.error)}`
  return describeError(error).split(/:?\n/, 1)[0] as string
}

function fail(line: string, exitCode = 1): never {
  say(line)
  process.exit(exitCode)
}

main().catch((error) => {
  if (String(error.code).startsWith('ERR_PARSE_ARGS')) fail(`${error.message}\n${USAGE}`, 2)
  fail(`Not started: ${describeError(error)}`)
})
