import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CatalogError } from '#lib/catalog/connection.ts'
import type { Services } from '#lib/context.ts'
import type { Service } from '#lib/http/service.ts'
import { startService } from '#lib/server/lifecycle.ts'
import { FakeProvider, refused } from '../../support/fake-provider.ts'
import { speak, testServices, waitingClips } from '../../support/services.ts'

function start(services: Services): Service {
  const service = startService(services)
  onTestFinished(() => service.drain())
  return service
}

const locked = () => Promise.reject(new CatalogError('The catalog failed: database is locked'))

/** How long readiness counts without being proven again. */
const PROOF_VALID_MS = 1000

describe('a service that starts', () => {
  it('is ready once it has recovered, and uploads the pending clips by itself', async () => {
    const { services, clock, first, lines } = await testServices()
    await waitingClips(services, 3)
    const service = start(services)
    await service.checkReady()
    await clock.until(services.tasks.settled())
    expect(first.taken.size).toBe(3)
    expect(lines.map(({ msg }) => msg)).toContain('Recovered')
  })

  it('is not ready while the catalog cannot be read, says so, and is ready once it can', async () => {
    const { services, clock, lines } = await testServices()
    let isLocked = true
    const queue = { ...services.catalog.queue }
    queue.owners = () => (isLocked ? locked() : services.catalog.queue.owners())
    const check = () => (isLocked ? locked() : services.catalog.check())
    const service = start({ ...services, catalog: { ...services.catalog, queue, check } })
    for (let again = 0; again < 2; again += 1) {
      await expect(service.checkReady()).rejects.toMatchObject({
        code: 'not_ready',
        message: expect.stringContaining('recovery is not ready'),
      })
    }
    const said = lines.find(({ msg }) => msg.startsWith('Recovery failed'))
    expect(said).toMatchObject({ error: 'The catalog failed: database is locked' })
    expect(said).not.toHaveProperty('err')
    isLocked = false
    await clock.advance(PROOF_VALID_MS)
    await service.checkReady()
  })

  it('is not ready while the temporary store cannot be written, says so, and is ready once it can', async () => {
    const { services, clock, audioDirectory } = await testServices()
    const service = start(services)
    await service.checkReady()
    await rm(audioDirectory, { recursive: true, force: true })
    await writeFile(path.join(audioDirectory), '')
    await clock.advance(PROOF_VALID_MS)
    await expect(service.checkReady()).rejects.toThrow('temporary store is not ready')
    await rm(audioDirectory)
    await clock.advance(PROOF_VALID_MS)
    await service.checkReady()
  })

  it('becomes ready although one clip of the last process cannot be read, and uploads the others', async () => {
    const { services, clock, first, lines } = await testServices()
    const [id = ''] = await waitingClips(services, 2)
    await services.catalog.close()
    for (const file of ['catalog.sqlite', 'catalog.sqlite-wal', 'catalog.sqlite-shm']) {
      await rm(path.join(services.config.tempAudio.directory, file), { force: true })
    }
    const blob = (asked: string) =>
      asked === id ? Promise.reject(new Error('EIO: i/o error')) : services.store.blob(asked)
    await clock.advance(1000)
    const service = start({ ...services, store: { ...services.store, blob } })
    await service.checkReady()
    // The whole store is looked through only now.
    await clock.advance(1000)
    await clock.until(services.tasks.settled())
    // What is due then, the adopted clip among it.
    await clock.advance(1)
    await clock.until(services.tasks.settled())
    expect(first.taken.size).toBe(1)
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', clipId: id }))
  })

  it.each([
    ['once the first callers are answered', false],
    ['not at all where it is stopped before', true],
  ])('looks through the whole store %s', async (_, isStopped) => {
    const { services, clock } = await testServices()
    let looks = 0
    const list: typeof services.store.list = (options) => {
      looks += 1
      return services.store.list(options)
    }
    const service = start({ ...services, store: { ...services.store, list } })
    await service.checkReady()
    await clock.advance(999)
    await clock.until(services.tasks.settled())
    expect(looks).toBe(0)
    if (isStopped) service.beginShutdown()
    await clock.advance(1)
    await clock.until(services.tasks.settled())
    expect(looks).toBe(isStopped ? 0 : 1)
  })
})

describe('a service that stops', () => {
  it('is not ready any more, and refuses new work', async () => {
    const { services } = await testServices()
    const service = start(services)
    await service.checkReady()
    service.refuseWhileStopping()
    service.beginShutdown()
    expect(() => service.refuseWhileStopping()).toThrow('shutting down')
    await expect(service.checkReady()).rejects.toMatchObject({ code: 'shutting_down' })
  })

  it('lets running uploads finish', async () => {
    const { services, clock, first } = await testServices({ providers: [new FakeProvider('pinata')] })
    const service = start(services)
    await service.checkReady()
    first.always(async ({ cid }) => {
      await clock.sleep(15_000)
      first.take(cid)
      return { cid }
    })
    const clip = await clock.until(speak(services))
    expect(clip.state).toBe('pending')
    service.beginShutdown()
    await clock.until(service.drain())
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({ state: 'stored' })
    await service.close()
  })

  it.each([
    ['its 20 s', {}, 22_000],
    ['SHUTDOWN_GRACE_MS', { SHUTDOWN_GRACE_MS: '3000' }, 5000],
  ])(
    'gives back what does not finish in %s, and the next process stores it once',
    async (_, setting, withinMs) => {
      const { services, clock, first, directory, providers, speech } = await testServices({
        providers: [new FakeProvider('pinata')],
        environment: { IPFS_ATTEMPT_TIMEOUT_MS: '60000', ...setting },
      })
      const service = start(services)
      await service.checkReady()
      first.always('hang_after_storing')
      const clip = await clock.until(speak(services))
      service.beginShutdown()
      const before = clock.passed()
      await clock.until(service.drain())
      expect(clock.passed() - before).toBeLessThanOrEqual(withinMs)
      expect(await services.catalog.clips.find(clip.id)).toMatchObject({ state: 'pending', leaseOwner: null })
      await service.close()
      expect(speech.isClosed).toBe(true)

      first.always('store')
      const next = await testServices({ directory, providers })
      const successor = start(next.services)
      await successor.checkReady()
      await next.clock.until(next.services.tasks.settled())
      expect(await next.services.catalog.clips.find(clip.id)).toMatchObject({ state: 'stored' })
      expect(first.doubles).toBe(0)
    },
  )

  it('closes cleanly although the catalog fails', async () => {
    const { services, lines } = await testServices()
    const queue = { ...services.catalog.queue, release: locked }
    const service = start({ ...services, catalog: { ...services.catalog, queue } })
    await service.checkReady()
    await service.drain()
    await service.close()
    expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['Leases not released', 'Stopped']))
  })
})

describe('the work after an answer', () => {
  it('never rejects, whatever happens', async () => {
    const { services, clock, providers } = await testServices({
      environment: { OPPORTUNISTIC_RETRY_CHANCE: '1' },
    })
    for (const provider of providers) provider.always(refused())
    const clip = await speak(services)
    const queue = { ...services.catalog.queue, claim: locked }
    const service = start({ ...services, catalog: { ...services.catalog, queue } })
    await clock.until(service.afterVocalize(clip))
    await clock.until(service.afterTempAudio())
  })
})
