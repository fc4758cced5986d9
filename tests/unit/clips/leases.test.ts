import { describe, expect, it } from 'vitest'
import { leasedLog } from '#lib/clips/attempt-log.ts'
import { type PendingOptions, uploadPending } from '#lib/clips/upload-pending.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { FakeProvider, unavailable } from '../../support/fake-provider.ts'
import { testServices, waitingClips } from '../../support/services.ts'

const never = new AbortController().signal
const all: PendingOptions = { limit: 1000, trigger: 'admin', signal: never, dueOnly: false }

describe('leases', () => {
  it('keep two services on one directory from uploading any of 200 clips twice', async () => {
    const provider = new FakeProvider('pinata')
    const options = { clock: systemClock, providers: [provider] }
    const one = await testServices(options)
    const two = await testServices({ ...options, directory: one.directory })
    const ids = await waitingClips(one.services, 200)
    const calls = [one, two, one, two].map(({ services }) => uploadPending(services, all))
    const results = await Promise.all(calls)
    const uploaded = results.flatMap((result) => result.results.map(({ id }) => id))
    expect(uploaded.toSorted()).toEqual(ids.toSorted())
    expect(provider.uploads).toHaveLength(200)
    expect(provider.doubles).toBe(0)
    expect(await one.services.catalog.totals()).toMatchObject({ waitingClips: 0 })
  }, 20_000)

  it('are extended before each attempt, so that a long round keeps its clip', async () => {
    const { services, clock, first, second } = await testServices()
    first.always('hang')
    second.always('hang')
    const [id = ''] = await waitingClips(services, 1)
    const round = uploadPending(services, all)
    for (let seconds = 0; seconds < 120; seconds += 5) {
      await clock.advance(5000)
      const clip = await services.catalog.clips.find(id)
      expect(clip?.leaseExpiresAt).toBeGreaterThan(clock.now())
    }
    await clock.until(round)
    expect(await services.catalog.clips.find(id)).toMatchObject({ leaseOwner: null, failedRounds: 1 })
  })

  it('last as long as an attempt with a large clip may take', async () => {
    const { services, clock } = await testServices()
    const [id = ''] = await waitingClips(services, 1)
    const lease = { owner: services.leaseOwner, expiresAt: clock.now() + 1000 }
    await services.catalog.queue.claim({ limit: 1, now: clock.now(), lease, dueOnly: false })
    await leasedLog(services, id, 'timer').begin('pinata', { timeoutMs: 300_000 })
    const clip = await services.catalog.clips.find(id)
    expect(clip?.leaseExpiresAt).toBeGreaterThan(clock.now() + 300_000)
  })

  it('that were lost end the round, and leave the clip to its new holder', async () => {
    const { services, clock, first } = await testServices({ providers: [new FakeProvider('pinata')] })
    first.always(unavailable())
    const [id = ''] = await waitingClips(services, 1)
    const round = uploadPending(services, all)
    await clock.advance(500)
    clock.set(3_600_000)
    const lease = { owner: 'another', expiresAt: clock.now() + 60_000 }
    await services.catalog.queue.claim({ limit: 1, now: clock.now(), lease, dueOnly: false })
    expect(await clock.until(round)).toMatchObject({ processed: 0 })
    expect(first.uploads).toHaveLength(1)
    expect(await services.catalog.clips.find(id)).toMatchObject({ leaseOwner: 'another', failedRounds: 0 })
  })

  it('that run out when the clock is set forward do not let one process upload a clip twice', async () => {
    const { services, clock, first } = await testServices()
    first.always(async ({ cid }) => {
      await clock.sleep(5000)
      first.take(cid)
      return { cid }
    })
    const [id = ''] = await waitingClips(services, 1)
    const round = uploadPending(services, all)
    await clock.advance(1000)
    clock.set(3_600_000)
    expect(await clock.until(uploadPending(services, all))).toMatchObject({ processed: 0 })
    expect(await clock.until(round)).toMatchObject({ successCount: 1 })
    expect(first.busiestOnOne).toBe(1)
    expect(first.doubles).toBe(0)
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'stored' })
  })
})
