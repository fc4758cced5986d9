import { describe, expect, it } from 'vitest'
import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import type { RequestClaim } from '#lib/catalog/requests.ts'
import { hostIdentity } from '#lib/platform/process-identity.ts'
import {
  HOUR_MS,
  HUNDRED,
  NOW,
  newClip,
  noLimit,
  openMany,
  type Subject,
  waitingClip,
} from './catalog-subject.ts'

/** Which clip answers which request, in every catalog. */
export function describeRequests(subject: Subject) {
  const open = async () => (await subject.prepare())()

  describe('a request', () => {
    const claim = (overrides: Partial<RequestClaim> = {}): RequestClaim => ({
      hash: 'h',
      clipId: 'clip-1',
      now: NOW,
      notBefore: 0,
      owner: 'speaker',
      expiresAt: NOW + HOUR_MS,
      ...overrides,
    })

    it('is given to exactly one of a hundred who claim it at once', async () => {
      const catalog = await openMany(subject)
      const owners = await Promise.all(
        HUNDRED.map((index) => catalog(index).requests.claim(claim({ clipId: `clip-${index}` }))),
      )
      expect(owners.filter(({ status }) => status === 'ours')).toHaveLength(1)
      expect(owners.filter(({ status }) => status === 'speaking')).toHaveLength(99)
    })

    it('gets the clip that was spoken for it before, whose time is prolonged', async () => {
      const catalog = await open()
      const { id, expiresAt } = await waitingClip(catalog)
      expect(await catalog.requests.claim(claim({ clipId: id }))).toEqual({ status: 'ours' })
      const again = claim({ clipId: 'another', expiresAt: expiresAt + 1 })
      expect(await catalog.requests.claim(again)).toMatchObject({ status: 'spoken', clip: { id } })
      expect(await catalog.clips.find(id)).toMatchObject({ expiresAt: expiresAt + 1 })
    })

    it.each([Number.NEGATIVE_INFINITY, 0, NOW])(
      'gets a clip that is not from before %s',
      async (notBefore) => {
        const catalog = await open()
        const { id, expiresAt } = await waitingClip(catalog)
        expect(await catalog.requests.claim(claim({ clipId: id, notBefore }))).toEqual({ status: 'ours' })
        const again = claim({ clipId: 'another', notBefore, expiresAt })
        expect(await catalog.requests.claim(again)).toMatchObject({ status: 'spoken', clip: { id } })
        expect(await catalog.requests.claim({ ...again, notBefore: NOW + 1 })).toEqual({ status: 'ours' })
      },
    )

    it('keeps the clip that it was given: a clean-up that found it overdue a moment before does not expire it', async () => {
      const many = await openMany(subject)
      const catalog = many(0)
      const cleaner = many(1)
      const { id } = await waitingClip(catalog, { created: { expiresAt: NOW } })
      const overdue = await cleaner.backlog.overdue({ now: NOW, limit: 1 })
      expect(overdue).toMatchObject([{ id }])
      // By a clock that is a moment behind.
      const before = { now: NOW - 1, expiresAt: NOW - 1 + HOUR_MS }
      await catalog.requests.claim(claim({ clipId: id, ...before }))
      const again = await catalog.requests.claim(claim({ clipId: 'another', ...before }))
      expect(again).toMatchObject({ status: 'spoken', clip: { id } })
      expect(await cleaner.clips.expire(id, { error: 'late', now: NOW })).toBe(false)
    })

    it('names the clip of a process that was killed, so that what is left of it is looked for once', async () => {
      const catalog = await open()
      const dead = `${hostIdentity}:${2 ** 22 + 1}:0`
      await catalog.requests.claim(claim({ owner: dead }))
      const abandoned = { status: 'abandoned', clipId: 'clip-1' }
      expect(await catalog.requests.claim(claim({ clipId: 'clip-2' }))).toEqual(abandoned)
      await catalog.clips.reserve(newClip({ id: 'clip-1', leaseOwner: dead }), noLimit)
      expect(await catalog.requests.claim(claim({ clipId: 'clip-2' }))).toEqual(abandoned)
      expect(await catalog.requests.claim(claim({ clipId: 'clip-2', lost: 'clip-1' }))).toEqual({
        status: 'ours',
      })
      expect(await catalog.requests.claim(claim({ clipId: 'clip-3', lost: 'clip-1' }))).toEqual({
        status: 'speaking',
      })
    })

    it('is spoken by a process of another host until its lease is over, or lies too far ahead', async () => {
      const catalog = await open()
      const speaking = newClip({ leaseOwner: 'elsewhere:1:0', leaseExpiresAt: NOW + LIVE_LEASE_MS })
      await catalog.clips.reserve(speaking, noLimit)
      await catalog.requests.claim(claim({ clipId: speaking.id }))
      const statusAt = async (now: number) =>
        (await catalog.requests.claim(claim({ clipId: 'another', now }))).status
      expect(await statusAt(NOW + LIVE_LEASE_MS - 1)).toBe('speaking')
      expect(await statusAt(NOW + LIVE_LEASE_MS)).toBe('abandoned')
      expect(await statusAt(NOW - HOUR_MS)).toBe('abandoned')
    })

    it('can be claimed again once its clip was given up', async () => {
      const { requests } = await open()
      await requests.claim(claim())
      await requests.giveUp('h', 'another')
      expect(await requests.claim(claim({ clipId: 'clip-2' }))).toEqual({ status: 'speaking' })
      await requests.giveUp('h', 'clip-1')
      expect(await requests.claim(claim({ clipId: 'clip-2' }))).toEqual({ status: 'ours' })
    })
  })
}
