import { availableParallelism } from 'node:os'
import { freePort } from '../support/servers/free-port.ts'
import { startNginx } from '../support/servers/nginx.ts'
import { environmentFor, spawnStubVendors } from '../support/stub-vendors.ts'
import { startTopology } from '../support/topology.ts'
import type { Contender } from './bench/compare.ts'
import { compare } from './bench/compare.ts'

const COUNTS = [1, 2, 4]
const turns = { rounds: 3, sliceSeconds: 5, connections: 20 }
const environment = {
  RATE_LIMIT_PER_MINUTE: '100000000',
  SPEECH_CONCURRENCY: '5',
  IPFS_UPLOADS_PER_PROVIDER: '100',
}
const request = {
  method: 'POST' as const,
  body: JSON.stringify({ text: 'Hello from a bench', voiceId: 'slt' }),
}

/**
 * `npm run bench:scale`: throughput with 1, 2 and 4 web processes against the same stubs, Postgres, Redis and S3 stand-in,
 * in turns in one run. All of them share the cores of this machine with the load.
 */
async function main(): Promise<void> {
  const { rounds, sliceSeconds, connections } = turns
  console.log(
    `${availableParallelism()} cores for everything, ${connections} connections, ${rounds} turns of ${sliceSeconds} s each\n`,
  )
  await using stack = new AsyncDisposableStack()
  const vendors = stack.adopt(await spawnStubVendors(), (it) => it.close())
  const topology = stack.adopt(
    await startTopology({
      webs: Math.max(...COUNTS),
      environment: { ...environment, ...environmentFor(vendors) },
    }),
    (it) => it.stop(),
  )
  const hosts = topology.webs.map(({ baseUrl }) => new URL(baseUrl).host)
  const fronts: Contender[] = []
  for (const count of COUNTS) {
    const nginx = await startNginx({
      port: await freePort(),
      upstreams: hosts.slice(0, count),
      // The load stands for many callers.
      outerProxy: '127.0.0.1',
    })
    stack.defer(() => nginx.stop())
    fronts.push({
      name: `${count} web ${count === 1 ? 'process' : 'processes'}`,
      url: `http://127.0.0.1:${nginx.port}`,
    })
  }
  const by = (path: string, options = {}) =>
    fronts.map(({ name, url }) => ({ name, url: url + path, options }))

  const { body } = await (topology.webs[0] as (typeof topology.webs)[number]).vocalize()
  const audio = `/api/temp-audio/${body.data.id}`
  for (const { url } of by(audio)) await warmUp(url)
  await vendors.speak({ chunkPauseMs: 250 })
  await compare('vocalize, with a voice that takes half a second', by('/api/agents/vocalize', request), turns)
  await vendors.speak({ chunkPauseMs: 0 })
  await compare('vocalize, with vendors that answer at once', by('/api/agents/vocalize', request), turns)
  await compare(`GET of a clip of ${body.data.bytes} bytes`, by(audio), turns)
}

/** Has each instance fetch its copy of the clip. */
async function warmUp(url: string): Promise<void> {
  for (let time = 0; time < 4 * Math.max(...COUNTS); time += 1) await (await fetch(url)).bytes()
}

await main()
