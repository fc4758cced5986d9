import { describe, expect, it } from 'vitest'
import { CatalogError } from '#lib/catalog/connection.ts'
import { countRemaining, type PendingOptions, uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { FakeProvider, refused, unavailable } from '../../support/fake-provider.ts'
import { speak, testServices, waitingClips } from '../../support/services.ts'

const never = new AbortController().signal

/** A round, and how many clips remain after it. */
async function roundOf(services: Services, options: PendingOptions) {
  const result = await uploadPending(services, options)
  return { ...result, remaining: await countRemaining(services) }
}

function withQueue(services: Services, queue: Partial<Services['catalog']['queue']>): Services {
  return { ...services, catalog: { ...services.catalog, queue: { ...services.catalog.queue, ...queue } } }
}

const all: PendingOptions = { limit: 1000, trigger: 'admin', signal: never, dueOnly: false }

describe('uploading pending clips', () => {
  it('reports each clip, and how many remain', async () => {
    const { services, clock, first, second } = await testServices({
      environment: { IPFS_RETRY_DELAYS_MS: ',' },
    })
    const waiting = await waitingClips(services, 3)
    // Of the two that are under way at once, either may come first.
    first.next('store', refused())
    second.always(refused())
    const { results, ...counts } = await clock.until(roundOf(services, { ...all, limit: 2 }))
    expect(counts).toEqual({
      processed: 2,
      successCount: 1,
      failureCount: 1,
      remaining: 2,
      stoppedBy: 'limit',
    })
    expect(results.map(({ id }) => id).toSorted()).toEqual(waiting.slice(0, 2).toSorted())
    const good = results.find(({ status }) => status === 'success')
    const clip = await services.catalog.clips.find(good?.id ?? '')
    const { cid: ipfsHash, permanentUrl: url } = clip ?? {}
    expect(good).toEqual({ status: 'success', id: clip?.id, ipfsHash, url, provider: 'pinata' })
    const bad = results.find(({ status }) => status === 'failed')
    expect(bad).toEqual({ status: 'failed', id: bad?.id, error: expect.any(Error), attempts: 2 })
  })

  it('records and counts its attempts under their trigger', async () => {
    const { services } = await testServices()
    const [id = ''] = await waitingClips(services, 1)
    await uploadPending(services, { ...all, trigger: 'cron' })
    expect(await services.catalog.attempts.ofClip(id)).toMatchObject([{ trigger: 'cron', outcome: 'stored' }])
    const counters = await services.catalog.counters.read()
    expect(counters).toMatchObject({ background_retries_stored: { cron: 1 } })
  })

  it('does nothing where no clip waits', async () => {
    const { services } = await testServices()
    await speak(services)
    expect(await roundOf(services, all)).toMatchObject({ processed: 0, remaining: 0, results: [] })
  })

  it('leaves a clip alone until its next attempt is due, unless dueOnly is false', async () => {
    const { services, clock, providers } = await testServices()
    for (const provider of providers) provider.always(refused())
    await speak(services)
    for (const provider of providers) provider.always('store')
    expect(await roundOf(services, { ...all, dueOnly: true })).toMatchObject({
      processed: 0,
      remaining: 1,
    })
    await clock.advance(1500)
    expect(await uploadPending(services, { ...all, dueOnly: true })).toMatchObject({ successCount: 1 })
    await waitingClips(services, 1)
    expect(await uploadPending(services, all)).toMatchObject({ successCount: 1 })
  })

  it('tries a clip that fails only once a round', async () => {
    const { services, clock, first, second } = await testServices({
      environment: { IPFS_RETRY_DELAYS_MS: ',' },
    })
    await waitingClips(services, 3)
    first.always(refused())
    second.always(refused())
    const { failureCount } = await clock.until(uploadPending(services, all))
    expect(failureCount).toBe(3)
    expect(first.uploads).toHaveLength(3)
  })

  it('expires a clip whose bytes are gone once it is overdue, and says so', async () => {
    const { services, clock, first } = await testServices()
    const [id = ''] = await waitingClips(services, 2)
    await services.store.delete(id)
    const { results } = await clock.until(uploadPending(services, all))
    expect(results).toContainEqual({
      status: 'failed',
      id,
      attempts: 0,
      error: expect.objectContaining({ message: 'Its bytes are not in the temporary store' }),
    })
    expect(first.uploads).toHaveLength(1)
  })

  it.each([
    [undefined, 5],
    ['3', 3],
  ])('keeps all slots at a provider busy with IPFS_UPLOADS_PER_PROVIDER=%s', async (slots, expected) => {
    const environment = slots === undefined ? {} : { IPFS_UPLOADS_PER_PROVIDER: slots }
    const { services, clock, first } = await testServices({ environment })
    first.always(async ({ cid }) => {
      await clock.sleep(1000)
      return { cid }
    })
    await waitingClips(services, 3 * expected)
    const { successCount } = await clock.until(uploadPending(services, all))
    expect(successCount).toBe(3 * expected)
    expect(first.busiest).toBe(expected)
    expect(clock.passed()).toBe(3000)
  })

  it('claims clips in batches, and never more than its limit', async () => {
    const { services, clock } = await testServices()
    await waitingClips(services, 20)
    const limits: number[] = []
    const { claim } = services.catalog.queue
    const counted = withQueue(services, {
      claim: (options) => {
        limits.push(options.limit)
        return claim(options)
      },
    })
    expect(await clock.until(uploadPending(counted, { ...all, limit: 18 }))).toMatchObject({ processed: 18 })
    expect(limits).toEqual([8, 8, 2])
    expect(await countRemaining(services)).toBe(2)
  })

  it('gives back what it has claimed and not begun when it ends', async () => {
    const { services, clock, first } = await testServices()
    await waitingClips(services, 20)
    first.always('hang').next(async ({ cid }) => ({ cid }))
    const stop = new AbortController()
    const round = uploadPending(services, { ...all, signal: stop.signal })
    await clock.advance(100)
    expect(await countRemaining(services)).toBe(20 - 1 - 16 + 1)
    stop.abort(new Error('The time is over'))
    expect(await round).toMatchObject({ processed: 1 })
    expect(await countRemaining(services)).toBe(19)
  })

  it('stops when its signal aborts: clips under way become pending again, and are reconciled later', async () => {
    const { services, clock, first } = await testServices()
    first.always('hang_after_storing')
    const ids = await waitingClips(services, 8)
    const stop = new AbortController()
    const round = roundOf(services, { ...all, signal: stop.signal })
    await clock.advance(1000)
    stop.abort(new Error('The time is over'))
    expect(await round).toMatchObject({ processed: 0, remaining: 8 })
    for (const id of ids) {
      expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'pending', leaseOwner: null })
    }
    first.always('store')
    expect(await clock.until(roundOf(services, all))).toMatchObject({ successCount: 8, remaining: 0 })
    expect(first.doubles).toBe(0)
  })

  it('claims nothing while no provider may be tried', async () => {
    const { services, providers } = await testServices()
    for (const provider of providers) provider.next(unavailable(3_600_000))
    await speak(services)
    expect(await roundOf(services, all)).toMatchObject({ processed: 0, remaining: 1 })
  })
})

describe('uploading pending clips after an outage', () => {
  async function afterOutage(waiting: number) {
    const provider = new FakeProvider('pinata')
    const world = await testServices({ providers: [provider] })
    await waitingClips(world.services, waiting)
    provider.next(unavailable(20_000))
    await world.clock.until(uploadPending(world.services, { ...all, limit: 1 }))
    provider.uploads.length = 0
    await world.clock.advance(20_000)
    return { ...world, provider }
  }

  it('probes a provider with one clip, and goes on with the others once that succeeds', async () => {
    const { services, clock, provider } = await afterOutage(10)
    provider.next(async ({ cid }) => {
      await clock.sleep(500)
      expect(provider.uploads).toHaveLength(1)
      return { cid }
    })
    expect(await clock.until(roundOf(services, all))).toMatchObject({ successCount: 10, remaining: 0 })
  })

  it('leaves the other clips alone when the probe fails', async () => {
    const { services, clock, provider } = await afterOutage(10)
    provider.always(unavailable())
    expect(await clock.until(roundOf(services, all))).toMatchObject({
      processed: 1,
      failureCount: 1,
      remaining: 10,
    })
    expect(provider.uploads).toHaveLength(1)
  })
})

describe('uploading pending clips while the catalog fails', () => {
  const locked = () => Promise.reject(new CatalogError('The catalog failed: database is locked'))

  it('throws once all uploads under way have ended', async () => {
    const { services, clock, first } = await testServices()
    first.always(async ({ cid }) => {
      await clock.sleep(1000)
      first.take(cid)
      return { cid }
    })
    await waitingClips(services, 9)
    let claims = 0
    const sick = withQueue(services, {
      claim: (claim) => {
        claims += 1
        return claims <= 1 ? services.catalog.queue.claim(claim) : locked()
      },
    })
    await expect(clock.until(uploadPending(sick, all))).rejects.toThrow('database is locked')
    expect(first.taken.size).toBe(8)
    expect(await services.catalog.queue.countWaiting(clock.now())).toBe(1)
  })

  it('loses no failure when all uploads under way fail together', async () => {
    const { services, clock, first } = await testServices()
    await waitingClips(services, 5)
    // The catalog fails while all five are being uploaded.
    let isBroken = false
    first.always(async () => {
      await clock.sleep(1000)
      isBroken = true
      throw refused()
    })
    const { attempts, clips } = services.catalog
    const sick = withQueue(services, { release: locked })
    const catalog = {
      ...sick.catalog,
      attempts: {
        ...attempts,
        end: ((...end) => (isBroken ? locked() : attempts.end(...end))) as typeof attempts.end,
      },
      clips: { ...clips, postpone: locked },
    }
    await expect(clock.until(uploadPending({ ...sick, catalog }, all))).rejects.toThrow(CatalogError)
    await clock.advance(100_000)
    first.always('store')
    expect(await clock.until(uploadPending(services, all))).toMatchObject({ successCount: 5 })
  })
})
