import { expect, it } from 'vitest'
import { backlogOf } from '../support/catalog.ts'
import { lacking } from '../support/lacking.ts'
import { quick } from '../support/operator.ts'
import { startService } from '../support/service.ts'
import { canMount, smallDisk } from '../support/small-disk.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()

it.skipIf(lacking(canMount, 'only root on Linux may mount a disk of its own'))(
  'a temporary store whose disk is full empties by itself once a provider takes clips',
  async () => {
    const { directory } = await smallDisk(24 * 1024 ** 2)
    const environment = { ...quick, ...environmentFor(world.vendors), CLEANUP_INTERVAL_SECONDS: '1' }
    const service = await startService({ environment, directory })
    await world.vendors.always('pinata', { kind: 'refused' })
    await world.vendors.speak({ msPerCharacter: 4000 })
    const statuses = new Set<number>()
    let clips = 0
    for (; clips < 100 && !statuses.has(503); clips += 1) {
      statuses.add((await service.vocalize({ text: `A clip that is long: ${clips}`, voiceId: 'v' })).status)
    }
    expect([...statuses]).toEqual([200, 503])
    await world.vendors.heal()
    await until('an empty backlog', () => backlogOf(service) === 0, { timeoutMs: 40_000 })
    expect((await world.vendors.holdings('pinata')).length).toBeGreaterThanOrEqual(clips - 1)
    expect((await service.vocalize()).body).toMatchObject({ data: { isTemporary: false } })
    await service.stop()
  },
  90_000,
)
