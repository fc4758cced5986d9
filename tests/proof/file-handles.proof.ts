import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { lacking } from '../support/lacking.ts'
import { quick } from '../support/operator.ts'
import { type Service, startService } from '../support/service.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors } from '../support/world.ts'

const CALLERS = 400

const world = useVendors()

/** How many clips have audio that IPFS has or is to get. */
function keptBy({ directory }: Service): number {
  const database = new DatabaseSync(`${directory}/catalog.sqlite`, { readOnly: true, timeout: 10_000 })
  try {
    const sql = "select count(*) as kept from clips where state in ('staged', 'pending', 'stored')"
    return Number(database.prepare(sql).get()?.kept)
  } finally {
    database.close()
  }
}

async function outcomeOf(call: Promise<{ status: number }>): Promise<string> {
  return call.then(
    ({ status }) => String(status),
    () => 'no connection',
  )
}

it
  .skipIf(lacking(process.platform === 'linux', 'only Linux tells a process its limits in /proc'))
  .each([128, 256, 1024])(
  'of 400 callers at once at a service of %i open files nobody pays for audio that is lost',
  async (openFiles) => {
    await world.vendors.reset()
    const environment = { ...quick, ...environmentFor(world.vendors), SPEECH_CONCURRENCY: '100' }
    const service = await startService({ environment, openFiles })
    const calls = Array.from({ length: CALLERS }, (_, index) =>
      outcomeOf(service.vocalize({ text: `The words of caller ${index}`, voiceId: 'v' })),
    )
    const outcomes = Object.groupBy(await Promise.all(calls), (outcome) => outcome)
    const spoken = await world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })
    const paid = spoken.filter(({ status, isComplete }) => status === 200 && isComplete).length
    console.log(
      openFiles,
      paid,
      Object.entries(outcomes).map(([outcome, all]) => `${outcome}: ${all?.length}`),
    )
    expect(paid).toBeGreaterThan(0)
    await until('a record of every clip that was paid for', () => keptBy(service) === paid, {
      timeoutMs: 90_000,
    })
    expect(outcomes['500']).toBeUndefined()
    expect((await service.vocalize()).status).toBe(200)
    await service.stop()
  },
  150_000,
)
