import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import type { Service } from '../support/service.ts'
import { cleanUpServices, startService } from '../support/service.ts'
import type { StubVendors } from '../support/stub-vendors.ts'
import { environmentFor, spawnStubVendors } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { compare } from './bench/compare.ts'

const turns = { rounds: 3, sliceSeconds: 4, connections: 10 }
const root = path.resolve(import.meta.dirname, '../..')

/** `npm run bench`: speeds as ratios, measured in turns in one run. Absolute figures belong to the machine. */
async function main(): Promise<void> {
  const { rounds, sliceSeconds, connections } = turns
  console.log(
    `${availableParallelism()} cores, ${connections} connections, ${rounds} turns of ${sliceSeconds} s each\n`,
  )
  const vendors = await spawnStubVendors()
  const service = await startService({
    environment: { RATE_LIMIT_PER_MINUTE: '1000000', SPEECH_CONCURRENCY: '20', ...environmentFor(vendors) },
  })
  const behind = await startBehindNext(service, vendors)
  try {
    const { body } = await service.vocalize({
      text: 'A sentence of some length. '.repeat(20),
      voiceId: 'slt',
    })
    const audio = `/api/temp-audio/${body.data.id}`
    await compare(
      `GET of a clip of ${body.data.bytes} bytes`,
      [
        { name: 'by a route handler of Next.js', url: behind.baseUrl + audio },
        { name: 'by the front before Next.js', url: service.baseUrl + audio },
      ],
      turns,
    )
    await compare(
      'vocalize, with vendors that answer at once',
      [
        { name: 'a handler that does nothing', url: `${service.baseUrl}/api/health` },
        {
          name: 'speech, staging, CID, catalog and upload',
          url: `${service.baseUrl}/api/agents/vocalize`,
          options: { method: 'POST', body: JSON.stringify({ text: 'Hello from a bench', voiceId: 'slt' }) },
        },
      ],
      turns,
    )
  } finally {
    behind.child.kill('SIGKILL')
    await service.stop().catch(() => {})
    await vendors.close()
    await cleanUpServices()
  }
}

/** The same build and directory, served by Next.js alone. */
async function startBehindNext(
  service: Service,
  vendors: StubVendors,
): Promise<{ baseUrl: string; child: ChildProcess }> {
  const port = Number(new URL(service.baseUrl).port) + 1
  const baseUrl = `http://127.0.0.1:${port}`
  const next = path.join(root, 'node_modules/next/dist/bin/next')
  const env = { PATH: process.env.PATH, ...environmentFor(vendors), TEMP_AUDIO_DIR: service.directory }
  const child = spawn(process.execPath, [next, 'start', '-p', String(port)], {
    cwd: root,
    stdio: 'ignore' as const,
    env: { ...env, NODE_ENV: 'production' },
  })
  await once(child, 'spawn')
  await until(
    'Next.js answers',
    async () => (await fetch(`${baseUrl}/api/health`).catch(() => null))?.ok === true,
  )
  return { baseUrl, child }
}

await main()
