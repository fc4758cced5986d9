import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { quick } from '../support/operator.ts'
import { newDirectory, startService } from '../support/service.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { useVendors } from '../support/world.ts'

describe('a temporary store that takes nothing', () => {
  const world = useVendors()

  async function started(directory: string) {
    await world.vendors.reset()
    const environment = { ...quick, ...environmentFor(world.vendors), CLEANUP_INTERVAL_SECONDS: '1' }
    return startService({ environment, directory })
  }

  it('lets clips go straight to IPFS, and says what failed where that takes nothing either', async () => {
    const directory = await newDirectory()
    const service = await started(directory)
    // A file in the place of the directory: nothing can be written.
    await rm(path.join(directory, 'audio'), { recursive: true })
    await writeFile(path.join(directory, 'audio'), '')
    const stored = await service.vocalize()
    expect(stored).toMatchObject({ status: 200, body: { data: { isTemporary: false, provider: 'pinata' } } })
    await world.vendors.always('pinata', { kind: 'status', status: 401 })
    const refused = await service.vocalize()
    expect(refused.status).toBe(503)
    expect(refused.body).toMatchObject({
      code: 'storage_unavailable',
      providers: [{ provider: 'pinata', attempts: 1 }],
    })
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    await service.stop()
  })
})
