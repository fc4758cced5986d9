import { describe, expect, it } from 'vitest'
import type { IdempotencyClaim } from '#lib/catalog/idempotency.ts'
import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
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

const dead = `${hostIdentity}:${2 ** 22 + 1}:0`
const clip = { id: 'c', requestId: 'request \u0000 🎤' } as VocalizedClip

/** Which clip was answered under which key, in every catalog. */
export function describeIdempotencyKeys(subject: Subject) {
  const open = async () => (await subject.prepare())()

  describe('an idempotency key', () => {
    const claimBy = (owner: string, overrides: Partial<IdempotencyClaim> = {}): IdempotencyClaim => ({
      key: 'k',
      fingerprint: 'f',
      now: NOW,
      clipId: 'c',
      lease: { owner, expiresAt: NOW + LIVE_LEASE_MS },
      ...overrides,
    })
    const claim = claimBy('elsewhere:1:0')

    it('is given to exactly one of a hundred who come with it at once', async () => {
      const catalog = await openMany(subject)
      const old = claimBy('me', { key: 'old', now: NOW - 48 * HOUR_MS })
      await catalog(0).idempotencyKeys.claim(old)
      const states = await Promise.all(HUNDRED.map((index) => catalog(index).idempotencyKeys.claim(claim)))
      expect(states.filter(({ status }) => status === 'ours')).toHaveLength(1)
      expect(states.filter(({ status }) => status === 'in_flight')).toHaveLength(99)
    })

    it('keeps its answer and its fingerprint for a day', async () => {
      const { idempotencyKeys } = await open()
      await idempotencyKeys.claim(claim)
      expect(await idempotencyKeys.answer('k', clip)).toEqual(clip)
      expect(await idempotencyKeys.claim(claim)).toEqual({ status: 'answered', clip })
      const other = { ...claim, fingerprint: 'g' }
      expect(await idempotencyKeys.claim(other)).toEqual({ status: 'other_request' })
      const nextDay = { ...other, now: NOW + 24 * HOUR_MS + 1 }
      expect(await idempotencyKeys.claim(nextDay)).toEqual({ status: 'ours' })
    })

    it('has one answer: the first', async () => {
      const { idempotencyKeys } = await open()
      await idempotencyKeys.claim(claim)
      await idempotencyKeys.answer('k', clip)
      expect(await idempotencyKeys.answer('k', { ...clip, id: 'second' })).toEqual(clip)
    })

    it('can be claimed again after a failure, which only its owner can report', async () => {
      const { idempotencyKeys } = await open()
      await idempotencyKeys.claim(claim)
      await idempotencyKeys.giveUp('k', 'another')
      expect(await idempotencyKeys.claim(claimBy('me'))).toMatchObject({ status: 'in_flight' })
      await idempotencyKeys.giveUp('k', claim.lease.owner)
      expect(await idempotencyKeys.claim(claimBy('me'))).toEqual({ status: 'ours' })
    })

    it('says for how long it is in flight: what is left of its lease, which its owner renews', async () => {
      const { idempotencyKeys } = await open()
      await idempotencyKeys.claim(claim)
      const later = claimBy('me', { now: NOW + 5000 })
      expect(await idempotencyKeys.claim(later)).toEqual({ status: 'in_flight', retryAfterMs: 10_000 })
      await idempotencyKeys.renew(['k'], { owner: 'me', expiresAt: NOW + 99_000 })
      await idempotencyKeys.renew(['k'], { ...claim.lease, expiresAt: NOW + 20_000 })
      expect(await idempotencyKeys.claim(later)).toEqual({ status: 'in_flight', retryAfterMs: 15_000 })
    })

    it.each([
      ['its lease is over', claim.lease.owner, NOW + LIVE_LEASE_MS],
      ['a clock was set back since', claim.lease.owner, NOW - HOUR_MS],
      ['its process was killed on this host', dead, NOW],
    ])(
      'names the clip that it stands for once %s, and is given away once that is lost',
      async (_, owner, now) => {
        const { idempotencyKeys } = await open()
        await idempotencyKeys.claim(claimBy(owner))
        const again = claimBy('me', { now, clipId: 'second', lease: { owner: 'me', expiresAt: now + 9000 } })
        expect(await idempotencyKeys.claim(again)).toEqual({ status: 'abandoned', clipId: 'c' })
        expect(await idempotencyKeys.claim({ ...again, lost: 'c' })).toEqual({ status: 'ours' })
        expect(await idempotencyKeys.claim({ ...again, clipId: 'third' })).toMatchObject({
          status: 'in_flight',
        })
      },
    )

    it('is not given away while this process is at work on it, whatever its lease says', async () => {
      const { idempotencyKeys } = await open()
      const running = claimBy('me', { isRunningHere: true })
      expect(await idempotencyKeys.claim(running)).toEqual({ status: 'in_flight', retryAfterMs: 1000 })
    })

    it('leaves a process that lives on this host a minute to come back to its work', async () => {
      const { idempotencyKeys } = await open()
      await idempotencyKeys.claim(claimBy(`${hostIdentity}:${process.ppid}:0`))
      const at = (now: number) => idempotencyKeys.claim(claimBy('me', { now }))
      expect(await at(NOW + 60_000)).toEqual({ status: 'in_flight', retryAfterMs: 1000 })
      expect(await at(NOW + LIVE_LEASE_MS + 60_000)).toMatchObject({ status: 'abandoned' })
    })

    it('gives the clip that was staged under it by a process that was killed', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      await catalog.idempotencyKeys.claim(claimBy(dead, { clipId: id }))
      expect(await catalog.idempotencyKeys.claim(claimBy('me'))).toMatchObject({
        status: 'spoken',
        clip: { id },
      })
    })

    it('names a clip that was still being spoken, and is free again once its owner has stopped', async () => {
      const catalog = await open()
      const speaking = newClip()
      await catalog.clips.reserve(speaking, noLimit)
      await catalog.idempotencyKeys.claim(claimBy('elsewhere:1:0', { clipId: speaking.id }))
      await catalog.idempotencyKeys.release('elsewhere:1:0')
      const state = await catalog.idempotencyKeys.claim(claimBy('me'))
      expect(state).toEqual({ status: 'abandoned', clipId: speaking.id })
    })
  })
}
