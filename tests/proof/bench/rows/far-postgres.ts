import { startPostgres } from '../../../support/servers/postgres.ts'
import { newDatabase } from '../../../support/servers/postgres-database.ts'
import { slowNetwork } from '../../../support/servers/slow-network.ts'
import type { Service } from '../../../support/service.ts'
import { environmentFor, spawnStubVendors } from '../../../support/stub-vendors.ts'
import type { Build } from '../bench.ts'
import type { Row } from '../row.ts'

const ROUND_TRIP_MS = 500
const figures = { 'answer after': 'ms', 'round trips before the answer': '' }

/** How many answers of the database a caller waits for, one after the other. */
export const farPostgresRow: Row = {
  name: 'far-postgres',
  title: `Postgres ${ROUND_TRIP_MS} ms away`,
  isIndifferent: true,
  aims: [{ words: '≤ 5 round trips', figure: 'round trips before the answer', atMost: 5 }],
  async run(bench) {
    const server = await startPostgres()
    bench.defer(() => server.stop())
    const vendors = await spawnStubVendors()
    bench.defer(() => vendors.close())
    const services = new Map<Build, Service>()
    for (const build of bench.builds) {
      const { url } = await newDatabase(server.url)
      const network = await slowNetwork(url, 0)
      bench.defer(() => network.stop())
      const environment = { ...environmentFor(vendors), SPEECH_CONCURRENCY: '100', DATABASE_URL: network.url }
      const service = await bench.startOf(build)({ environment })
      // Tables and connections are made from near by.
      await call(service)
      network.slowDown(ROUND_TRIP_MS)
      services.set(build, service)
    }
    return bench.perBuild(figures, async (build) => {
      const tookMs = await call(services.get(build) as Service)
      return { 'answer after': tookMs, 'round trips before the answer': Math.floor(tookMs / ROUND_TRIP_MS) }
    })
  },
}

async function call(service: Service): Promise<number> {
  const text = `Something new: ${crypto.randomUUID()}`
  const { status, elapsedMs } = await service.vocalize({ text, voiceId: 'JBFqnCBsd6RMkjVDRZzb' })
  if (status !== 200) throw new Error(`vocalize answered ${status}`)
  return elapsedMs
}
