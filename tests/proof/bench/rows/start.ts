import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { blankEnvironment } from '../../../support/program.ts'
import { freePort } from '../../../support/servers/free-port.ts'
import { newDirectory, placesIn } from '../../../support/service.ts'
import { environmentFor, spawnStubVendors } from '../../../support/stub-vendors.ts'
import { startAnchor } from '../anchors/anchor.ts'
import { startBareApp } from '../anchors/bare-app.ts'
import type { Bench } from '../bench.ts'
import { requireBuild } from '../builds.ts'
import { residentMiBOf } from '../measure/process-tree.ts'
import type { Measurement } from '../measurement.ts'
import type { Row } from '../row.ts'

const SETTLE_MS = 1000
const against = 'bare `next start`'
const ready = { figure: 'ready after', unit: 'ms' }
const memory = { figure: 'memory of the tree', unit: 'MiB' }

interface Contender {
  name: string
  start(): Promise<AsyncDisposable & { processId: number }>
}

const startRow = (
  name: string,
  title: string,
  environmentOf: (bench: Bench) => Promise<Record<string, string>>,
): Row => ({
  name,
  title,
  aims: [
    { words: 'ready ≤ 1.3 ×', figure: ready.figure, against, by: 'ratio', atMost: 1.3 },
    { words: 'idle memory ≤ 1.5 ×', figure: memory.figure, against, by: 'ratio', atMost: 1.5 },
  ],
  heldBackBy:
    'a seventh is the command: a Node.js of its own that sees whether packages and sources are what was installed and built. The rest is the start of another one, and 2.5 MB of code that it reads and runs for the first time.',
  async run(bench) {
    const { serverPrefix } = bench.cores
    const environment = await environmentOf(bench)
    const ours = bench.builds.map(async ({ name: build, root }) => {
      await requireBuild(root)
      const directory = await newDirectory()
      return {
        name: build,
        start: () => startByScript(serverPrefix, root, { ...environment, ...placesIn(directory) }),
      }
    })
    return measure(bench, [
      { name: against, start: () => startBareApp(serverPrefix) },
      ...(await Promise.all(ours)),
    ])
  },
})

/** As `npm start` does, without npm. */
async function startByScript(serverPrefix: string[], root: string, environment: Record<string, string>) {
  const port = await freePort()
  return startAnchor({
    command: [...serverPrefix, process.execPath, path.join(root, 'scripts/start.mjs')],
    baseUrl: `http://127.0.0.1:${port}/api/health/ready`,
    environment: { ...blankEnvironment(), ...environment, PORT: String(port) },
  })
}

async function measure(bench: Bench, contenders: Contender[]): Promise<Measurement[]> {
  const found = contenders.map(({ name }) => ({
    ready: { ...ready, contender: name, values: [] as number[] },
    memory: { ...memory, contender: name, values: [] as number[] },
  }))
  for (let round = -1; round < bench.rounds; round += 1) {
    for (const [index, { start }] of contenders.entries()) {
      const startedAt = performance.now()
      await using server = await start()
      const tookMs = performance.now() - startedAt
      // The first start compiles what later ones find compiled.
      if (round < 0) continue
      await sleep(SETTLE_MS)
      found[index]?.ready.values.push(tookMs)
      found[index]?.memory.values.push(residentMiBOf(server.processId))
    }
  }
  return found.flatMap((one) => [one.ready, one.memory])
}

export const startRows: Row[] = [
  startRow('start', 'ready after a second `npm start`', async () => ({})),
  startRow('start-with-key', 'the same with an ElevenLabs key', async (bench) => {
    const vendors = await spawnStubVendors()
    bench.defer(() => vendors.close())
    return environmentFor(vendors, ['elevenlabs'])
  }),
]
