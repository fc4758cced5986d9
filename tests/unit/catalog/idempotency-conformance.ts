import { describe, expect, it } from 'vitest'
import { HOUR_MS, HUNDRED, NOW, openMany, type Subject } from './catalog-subject.ts'

/** What was answered under which key, in every catalog. */
export function describeIdempotencyKeys(subject: Subject) {
  const open = async () => (await subject.prepare())()

  describe('an idempotency key', () => {
    const claim = { key: 'k', fingerprint: 'f', now: NOW, leaseExpiresAt: NOW + 1000 }

    it('is given to exactly one of a hundred who come with it at once', async () => {
      const catalog = await openMany(subject)
      const old = { key: 'old', fingerprint: 'f', now: NOW - 48 * HOUR_MS, leaseExpiresAt: NOW }
      await catalog(0).idempotencyKeys.claim(old)
      const states = await Promise.all(HUNDRED.map((index) => catalog(index).idempotencyKeys.claim(claim)))
      expect(states.filter(({ status }) => status === 'ours')).toHaveLength(1)
      expect(states.filter(({ status }) => status === 'in_flight')).toHaveLength(99)
    })

    it('keeps its answer and its fingerprint for a day', async () => {
      const { idempotencyKeys } = await open()
      await idempotencyKeys.claim(claim)
      await idempotencyKeys.answer('k', { status: 200, text: 'answer \u0000 🎤' })
      const state = await idempotencyKeys.claim(claim)
      expect(state).toEqual({ status: 'answered', answer: { status: 200, text: 'answer \u0000 🎤' } })
      expect(await idempotencyKeys.claim({ ...claim, fingerprint: 'g' })).toEqual({ status: 'other_request' })
      const nextDay = { ...claim, fingerprint: 'g', now: NOW + 24 * HOUR_MS + 1 }
      expect(await idempotencyKeys.claim(nextDay)).toEqual({ status: 'ours' })
    })

    it('can be claimed again after a failure, and once the lease of its claim has run out', async () => {
      const { idempotencyKeys } = await open()
      await idempotencyKeys.claim(claim)
      await idempotencyKeys.giveUp('k')
      expect(await idempotencyKeys.claim(claim)).toEqual({ status: 'ours' })
      expect(await idempotencyKeys.claim({ ...claim, now: NOW + 1000 })).toEqual({ status: 'ours' })
    })
  })
}
