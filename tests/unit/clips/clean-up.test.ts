import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { type CleanUpResult, cleanUp } from '#lib/clips/clean-up.ts'
import { openClip } from '#lib/clips/open-clip.ts'
import { refused, unavailable } from '../../support/fake-provider.ts'
import { readBack, speak, type TestServices, testServices, waitingClips } from '../../support/services.ts'

const HOUR_MS = 3_600_000
const signal = new AbortController().signal
const nothing: CleanUpResult = {
  saved: 0,
  expired: 0,
  bytesDeleted: 0,
  adopted: 0,
  prunedAttempts: 0,
  prunedRecords: 0,
}

function clean({ services, clock }: TestServices) {
  return clock.until(cleanUp(services, { signal }))
}

describe('clean-up', () => {
  it('leaves clips alone that have not expired', async () => {
    const world = await testServices()
    const { id } = await speak(world.services)
    const [waiting = ''] = await waitingClips(world.services, 1)
    expect(await clean(world)).toEqual(nothing)
    expect((await readdir(world.audioDirectory)).toSorted()).toEqual([id, waiting].toSorted())
  })

  it('deletes bytes once they have expired and were read back from IPFS, not before', async () => {
    const world = await testServices()
    const { id } = await speak(world.services)
    await world.clock.advance(HOUR_MS)
    expect(await clean(world)).toEqual(nothing)
    expect(await openClip(world.services, id)).toMatchObject({ from: 'here' })
    await readBack(world)
    expect(await clean(world)).toEqual({ ...nothing, bytesDeleted: 1 })
    expect(await readdir(world.audioDirectory)).toEqual([])
    expect(await openClip(world.services, id)).toMatchObject({ from: 'ipfs' })
  })

  it('makes a last attempt for a waiting clip before it expires', async () => {
    const world = await testServices()
    const [id = ''] = await waitingClips(world.services, 1)
    // Within the five minutes to the next clean-up it will be over.
    await world.clock.advance(HOUR_MS - 299_000)
    expect(await clean(world)).toEqual({ ...nothing, saved: 1 })
    const attempts = await world.services.catalog.attempts.ofClip(id)
    expect(attempts).toMatchObject([{ trigger: 'last_try', outcome: 'stored' }])
  })

  it('stores even a clip that is overdue already', async () => {
    const world = await testServices()
    await waitingClips(world.services, 1)
    await world.clock.advance(2 * HOUR_MS)
    expect(await clean(world)).toEqual({ ...nothing, saved: 1 })
    await world.clock.advance(5000)
    await readBack(world)
    expect(await clean(world)).toEqual({ ...nothing, bytesDeleted: 1 })
  })

  it('expires a clip that no provider took: gone, deleted, counted and logged as an error', async () => {
    const world = await testServices()
    for (const provider of world.providers) provider.always(refused())
    const [id = ''] = await waitingClips(world.services, 1)
    await world.clock.advance(HOUR_MS)
    expect(await clean(world)).toEqual({ ...nothing, expired: 1 })
    expect(await readdir(world.audioDirectory)).toEqual([])
    await expect(openClip(world.services, id)).rejects.toMatchObject({ code: 'expired' })
    expect((await world.services.catalog.counters.read()).clips_expired).toEqual({ '': 1 })
    expect(world.lines.find(({ msg }) => msg.includes('expired'))).toMatchObject({
      level: 'error',
      clipId: id,
      error: expect.stringContaining('401'),
    })
    expect(await clean(world)).toEqual(nothing)
  })

  it('makes the last attempt even while the breakers of all providers are open', async () => {
    const world = await testServices()
    for (const provider of world.providers) provider.next(unavailable(24 * HOUR_MS))
    await speak(world.services)
    await waitingClips(world.services, 2)
    expect(world.services.chain.canTry('background')).toBe(false)
    await world.clock.advance(HOUR_MS)
    expect(await clean(world)).toEqual({ ...nothing, saved: 3 })
  })

  it('expires nothing with KEEP_PENDING_AUDIO', async () => {
    const world = await testServices({ environment: { KEEP_PENDING_AUDIO: 'true' } })
    for (const provider of world.providers) provider.always(unavailable())
    const [id = ''] = await waitingClips(world.services, 1)
    await world.clock.advance(48 * HOUR_MS)
    expect(await clean(world)).toEqual(nothing)
    expect(await openClip(world.services, id)).toMatchObject({ from: 'here' })
    expect(await world.services.catalog.clips.find(id)).toMatchObject({ state: 'pending' })
  })

  it('expires a clip without bytes even with KEEP_PENDING_AUDIO', async () => {
    const world = await testServices({ environment: { KEEP_PENDING_AUDIO: 'true' } })
    const [id = ''] = await waitingClips(world.services, 1)
    await world.services.store.delete(id)
    await world.clock.advance(HOUR_MS)
    await clean(world)
    expect(await world.services.catalog.clips.find(id)).toMatchObject({
      state: 'expired',
      hasLocalBytes: false,
    })
  })

  it('does not expire a clip that another process is uploading', async () => {
    const world = await testServices({ environment: { TEMP_AUDIO_TTL_SECONDS: '5' } })
    const { services, clock, first } = world
    first.next(async ({ cid }) => {
      await clock.sleep(20_000)
      return { cid }
    })
    const clip = await clock.until(speak(services))
    await clock.advance(1000)
    const cleaning = cleanUp(services, { signal })
    expect(await clock.until(cleaning)).toEqual(nothing)
    await clock.until(services.tasks.settled())
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({ state: 'stored' })
  })

  it('deletes attempts after thirty days', async () => {
    const world = await testServices()
    const { id } = await speak(world.services)
    await world.clock.advance(31 * 24 * HOUR_MS)
    expect(await clean(world)).toMatchObject({ prunedAttempts: 1 })
    expect(await world.services.catalog.attempts.ofClip(id)).toEqual([])
  })

  it('stops between its steps when its signal aborts', async () => {
    const world = await testServices()
    const reason = new Error('The service is shutting down')
    await expect(cleanUp(world.services, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('expires all clips where they are more than one batch', async () => {
    const world = await testServices()
    for (const provider of world.providers) provider.always(refused())
    const { chain } = world.services
    const quick = { ...world.services, chain: { ...chain, canTry: () => false } }
    await waitingClips(quick, 130)
    await world.clock.advance(HOUR_MS)
    expect(await world.clock.until(cleanUp(quick, { signal }))).toEqual({ ...nothing, expired: 130 })
    expect(await readdir(world.audioDirectory)).toEqual([])
  })

  it('goes on where one file cannot be deleted, and deletes it the next time', async () => {
    const world = await testServices()
    const stuck = await speak(world.services)
    await speak(world.services)
    const store = {
      ...world.services.store,
      async delete(id: string) {
        if (id === stuck.id) throw new Error('EBUSY: resource busy')
        await world.services.store.delete(id)
      },
    }
    await world.clock.advance(HOUR_MS)
    await readBack(world)
    const sick = { ...world.services, store }
    expect(await world.clock.until(cleanUp(sick, { signal }))).toEqual({ ...nothing, bytesDeleted: 1 })
    expect(await world.services.catalog.clips.find(stuck.id)).toMatchObject({ hasLocalBytes: true })
    expect(await clean(world)).toEqual({ ...nothing, bytesDeleted: 1 })
  })
})
