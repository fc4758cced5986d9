import { describe, expect, it } from 'vitest'
import { afterResponse } from '#lib/background/after-response.ts'
import { runMaintenance } from '#lib/background/tasks.ts'
import { unavailable } from '../../support/fake-provider.ts'
import { lacking } from '../../support/lacking.ts'
import { speak, type TestServices, testServices } from '../../support/services.ts'
import { canMount, smallDisk } from '../../support/small-disk.ts'

const atOnce = { environment: { IPFS_RETRY_DELAYS_MS: ',' } }

/** A disk that is full until `free` clips fewer have their bytes here. */
async function onShortDisk({ services }: TestServices, heldAtMost: number) {
  const hasSpace = async () => (await services.catalog.totals()).heldClips <= heldAtMost
  return { ...services, diskSpace: { hasSpace } }
}

describe('a full disk', () => {
  it('is freed of clips that IPFS has, oldest first', async () => {
    const world = await testServices()
    const ids = [await speak(world.services), await speak(world.services)].map(({ id }) => id)
    const services = await onShortDisk(world, 1)
    expect(await speak(services)).toMatchObject({ state: 'stored', hasLocalBytes: true })
    for (const id of ids)
      expect(await services.catalog.clips.find(id)).toMatchObject({ hasLocalBytes: false })
  })

  it('sends clips straight to IPFS where nothing can be freed', async () => {
    const world = await testServices()
    const services = await onShortDisk(world, -1)
    const clip = await speak(services)
    expect(clip).toMatchObject({ state: 'stored', provider: 'pinata', hasLocalBytes: false })
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({
      state: 'stored',
      hasLocalBytes: false,
    })
  })

  it('has a text refused before it is paid for while no provider can be tried', async () => {
    const world = await testServices({ ...atOnce })
    for (const provider of world.providers) provider.always(unavailable(3_600_000))
    await speak(world.services)
    world.speech.speaking = new Error('Nobody should have asked')
    await expect(speak(await onShortDisk(world, -1))).rejects.toMatchObject({ code: 'storage_unavailable' })
  })

  it('does not keep providers from being tried again after their cool-down', async () => {
    const world = await testServices(atOnce)
    const { services, providers, clock, first } = world
    for (const provider of providers) provider.always(unavailable(60_000))
    await speak(services)
    first?.always('store')
    await clock.advance(60_000)
    expect(services.chain.canTry('interactive')).toBe(false)
    expect(await speak(await onShortDisk(world, -1))).toMatchObject({ state: 'stored' })
  })

  it('is freed by the clean-up before that needs the catalog', async () => {
    const world = await testServices()
    const { id } = await speak(world.services)
    await runMaintenance(await onShortDisk(world, 0))
    expect(await world.services.catalog.clips.find(id)).toMatchObject({
      state: 'stored',
      hasLocalBytes: false,
    })
  })

  it.skipIf(lacking(canMount, 'only root on Linux may mount a disk of its own'))(
    'leaves the catalog enough space to upload the backlog later',
    async () => {
      const { directory } = await smallDisk(48 * 1024 ** 2)
      const { services, providers, speech, clock } = await testServices({ directory, ...atOnce })
      for (const provider of providers) provider.always(unavailable())
      speech.durationMs = 120_000
      let kept = 0
      for (let refusals = 0; refusals < 2; ) {
        const clip = await speak(services).catch((error) => error)
        if (clip.state === 'pending') kept += 1
        else refusals += 1
        if (clip.state !== 'pending') expect(clip).toMatchObject({ code: 'storage_unavailable' })
      }
      expect(kept).toBeGreaterThan(5)
      for (const provider of providers) provider.always('store')
      await clock.advance(60_000)
      await afterResponse(services, await speak(services))
      expect(await services.catalog.totals()).toMatchObject({ waitingClips: 0 })
      expect((await speak(services)).hasLocalBytes).toBe(true)
    },
    30_000,
  )
})
