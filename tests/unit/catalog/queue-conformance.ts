import { describe, expect, it } from 'vitest'
import type { Claim } from '#lib/catalog/queue.ts'
import { newClipId } from '#lib/model/clip.ts'
import {
  HOUR_MS,
  NOW,
  newClip,
  noLimit,
  type Subject,
  storedClip,
  storedFacts,
  waitingClip,
} from './catalog-subject.ts'

const later = NOW + 60_000

function claimBy(owner: string, overrides: Partial<Claim> = {}): Claim {
  return { limit: 10, now: later, lease: { owner, expiresAt: later + 30_000 }, dueOnly: false, ...overrides }
}

/** The queue of every catalog. */
export function describeQueue({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the queue', () => {
    it('gives a clip that waits to one claim, under a lease, and to no other meanwhile', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      const [claimed] = await catalog.queue.claim(claimBy('one'))
      expect(claimed).toMatchObject({ id, leaseOwner: 'one', leaseExpiresAt: later + 30_000 })
      expect(await catalog.queue.claim(claimBy('two'))).toEqual([])
      expect(await catalog.queue.claim(claimBy('one'))).toEqual([])
    })

    it('gives a clip to another claim once its lease has run out', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      await catalog.queue.claim(claimBy('one'))
      expect(await catalog.queue.claim(claimBy('two', { now: later + 29_999 }))).toEqual([])
      const now = later + 30_000
      expect(await catalog.queue.claim(claimBy('two', { now }))).toMatchObject([{ id, leaseOwner: 'two' }])
    })

    it('gives no clip that is being spoken, is stored or has expired', async () => {
      const catalog = await open()
      await catalog.clips.reserve(newClip({ leaseOwner: null, leaseExpiresAt: null }), noLimit)
      await storedClip(catalog)
      const { id } = await waitingClip(catalog, { created: { expiresAt: later } })
      await catalog.clips.expire(id, { error: 'late', now: later })
      expect(await catalog.queue.claim(claimBy('one'))).toEqual([])
    })

    it('gives the clip with the oldest schedule first, and no more clips than asked for', async () => {
      const catalog = await open()
      for (const stagedAt of [3000, 1000, 2000]) {
        await waitingClip(catalog, { staged: { stagedAt: NOW + stagedAt } })
      }
      const first = await catalog.queue.claim(claimBy('one', { limit: 2 }))
      expect(first.map(({ stagedAt }) => stagedAt)).toEqual([NOW + 1000, NOW + 2000])
      const rest = await catalog.queue.claim(claimBy('one', { limit: 2 }))
      expect(rest.map(({ stagedAt }) => stagedAt)).toEqual([NOW + 3000])
    })

    it('gives no clip before its date to a claim with dueOnly', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog, { staged: { stagedAt: later + 1 } })
      expect(await catalog.queue.claim(claimBy('one', { dueOnly: true }))).toEqual([])
      expect(await catalog.queue.claim(claimBy('one', { dueOnly: true, now: later + 1 }))).toMatchObject([
        { id },
      ])
    })

    it('gives only clips whose time ends soon to a claim with expiringBefore', async () => {
      const catalog = await open()
      const ends = NOW + HOUR_MS
      const { id } = await waitingClip(catalog, { created: { expiresAt: ends } })
      expect(await catalog.queue.claim(claimBy('one', { expiringBefore: ends - 1 }))).toEqual([])
      expect(await catalog.queue.claim(claimBy('one', { expiringBefore: ends }))).toMatchObject([{ id }])
    })

    it('gives no clip again to a claim with notTriedSince', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      await catalog.queue.claim(claimBy('one'))
      const round = { leaseOwner: 'one', error: 'no', lastRoundAt: later, nextAttemptAt: later }
      await catalog.clips.postpone(id, round)
      expect(await catalog.queue.claim(claimBy('one', { notTriedSince: later }))).toEqual([])
      expect(await catalog.queue.claim(claimBy('one', { notTriedSince: later + 1 }))).toMatchObject([{ id }])
    })

    it('gives a clip whose last round is in the future, since a clock was set back', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      await catalog.queue.claim(claimBy('one'))
      const round = { leaseOwner: 'one', error: 'no', lastRoundAt: later, nextAttemptAt: later }
      await catalog.clips.postpone(id, round)
      const now = later - HOUR_MS
      expect(await catalog.queue.claim(claimBy('one', { now, notTriedSince: now }))).toMatchObject([{ id }])
    })

    it('prolongs a lease only for its owner', async () => {
      const { queue, clips, ...catalog } = await open()
      const { id } = await waitingClip({ queue, clips, ...catalog })
      await queue.claim(claimBy('one'))
      expect(await queue.renew(id, { owner: 'two', expiresAt: later + 99_000 })).toBe(false)
      expect(await queue.renew(id, { owner: 'one', expiresAt: later + 99_000 })).toBe(true)
      expect(await clips.find(id)).toMatchObject({ leaseOwner: 'one', leaseExpiresAt: later + 99_000 })
      expect(await queue.renew(newClipId(), { owner: 'one', expiresAt: later })).toBe(false)
      await clips.store(id, storedFacts)
      expect(await queue.renew(id, { owner: 'one', expiresAt: later })).toBe(false)
    })

    it('ends the lease on one clip, only for its owner, and counts no failed round', async () => {
      const { queue, clips, ...catalog } = await open()
      const { id } = await waitingClip({ queue, clips, ...catalog })
      const { id: other } = await waitingClip({ queue, clips, ...catalog })
      await queue.claim(claimBy('one'))
      await queue.release('two', id)
      expect(await clips.find(id)).toMatchObject({ leaseOwner: 'one' })
      await queue.release('one', id)
      expect(await clips.find(id)).toMatchObject({
        state: 'pending',
        leaseOwner: null,
        leaseExpiresAt: null,
        failedRounds: 0,
        lastRoundAt: null,
      })
      expect(await clips.find(other)).toMatchObject({ leaseOwner: 'one' })
    })

    it('ends all leases of one owner', async () => {
      const { queue, clips, backlog, ...catalog } = await open()
      const all = { queue, clips, backlog, ...catalog }
      const speaking = newClip({ leaseOwner: 'one' })
      await clips.reserve(speaking, noLimit)
      await waitingClip(all)
      await queue.claim(claimBy('one'))
      await waitingClip(all)
      await queue.claim(claimBy('two'))
      expect((await queue.owners()).sort()).toEqual(['one', 'two'])
      await queue.release('one')
      expect(await queue.owners()).toEqual(['two'])
      expect(await backlog.abandoned(NOW)).toMatchObject([{ id: speaking.id, state: 'speaking' }])
    })

    it('says when the next clip is due: at its date, or at the end of its lease where that is later', async () => {
      const catalog = await open()
      expect(await catalog.queue.nextDueAt()).toBeUndefined()
      await storedClip(catalog)
      expect(await catalog.queue.nextDueAt()).toBeUndefined()
      await waitingClip(catalog, { staged: { stagedAt: NOW + 2000 } })
      await waitingClip(catalog, { staged: { stagedAt: NOW + 1000 } })
      expect(await catalog.queue.nextDueAt()).toBe(NOW + 1000)
      await catalog.queue.claim(claimBy('one', { limit: 1 }))
      expect(await catalog.queue.nextDueAt()).toBe(NOW + 2000)
      await catalog.queue.claim(claimBy('one', { limit: 1 }))
      expect(await catalog.queue.nextDueAt()).toBe(later + 30_000)
    })

    it('counts the clips that wait with nobody at work on them', async () => {
      const { queue, ...catalog } = await open()
      for (let count = 0; count < 3; count += 1) await waitingClip({ queue, ...catalog })
      await storedClip({ queue, ...catalog })
      expect(await queue.countWaiting(later)).toBe(3)
      await queue.claim(claimBy('one', { limit: 2 }))
      expect(await queue.countWaiting(later)).toBe(1)
      expect(await queue.countWaiting(later + 30_000)).toBe(3)
    })

    it.each([1, 2])('never gives one clip to two claims, through %i connections at once', async (count) => {
      const connect = await prepare()
      const catalogs = Array.from({ length: count }, connect)
      const [first] = catalogs
      if (!first) throw new Error('There is no catalog')
      for (let index = 0; index < 40; index += 1) await waitingClip(first)
      const claims = Array.from({ length: 60 }, (_, index) =>
        catalogs[index % count]?.queue.claim(claimBy(`worker-${index}`, { limit: 1 })),
      )
      const claimed = (await Promise.all(claims)).flatMap((clips) => clips ?? [])
      expect(claimed).toHaveLength(40)
      expect(new Set(claimed.map(({ id }) => id)).size).toBe(40)
    })
  })
}
