import { describe, expect, it } from 'vitest'
import type { RequestClaim } from '#lib/catalog/requests.ts'
import { HOUR_MS, NOW, type Subject, storedClip, waitingClip } from './catalog-subject.ts'

const HUNDRED = Array.from({ length: 100 }, (_, index) => index)

/** What is owed to callers and receivers of webhooks: each once, however many ask at once. */
export function describePromises({ prepare }: Subject) {
  const open = async () => (await prepare())()
  /** Several ways into one catalog, as several processes have them; already open. */
  async function openMany() {
    const connect = await prepare()
    const catalogs = [connect(), connect(), connect(), connect()]
    for (const catalog of catalogs) await catalog.check()
    return (index: number) => catalogs[index % catalogs.length] as (typeof catalogs)[number]
  }

  describe('the daily budgets', () => {
    const today = { day: '2026-11-22', caller: 'one' }

    it('are spent to the last character and not beyond, by each caller and on each day anew', async () => {
      const { budgets } = await open()
      expect(await budgets.spend({ ...today, characters: 101 }, 100)).toBe(false)
      expect(await budgets.spend({ ...today, characters: 60 }, 100)).toBe(true)
      expect(await budgets.spend({ ...today, characters: 41 }, 100)).toBe(false)
      expect(await budgets.spend({ ...today, characters: 40 }, 100)).toBe(true)
      expect(await budgets.spend({ ...today, caller: 'two', characters: 100 }, 100)).toBe(true)
      expect(await budgets.spend({ ...today, day: '2026-11-23', characters: 100 }, 100)).toBe(true)
    })

    it('get back what was not spoken', async () => {
      const { budgets } = await open()
      await budgets.spend({ ...today, characters: 100 }, 100)
      await budgets.refund({ ...today, characters: 30 })
      expect(await budgets.spend({ ...today, characters: 31 }, 100)).toBe(false)
      expect(await budgets.spend({ ...today, characters: 30 }, 100)).toBe(true)
    })

    it('hold when a hundred spend at once', async () => {
      const catalog = await openMany()
      await catalog(0).budgets.spend({ ...today, day: '2026-11-21', characters: 1 }, 1000)
      const spent = await Promise.all(
        HUNDRED.map((index) => catalog(index).budgets.spend({ ...today, characters: 10 }, 255)),
      )
      expect(spent.filter(Boolean)).toHaveLength(25)
    })
  })

  describe('a request', () => {
    const claim = (overrides: Partial<RequestClaim> = {}): RequestClaim => ({
      hash: 'h',
      clipId: 'clip-1',
      now: NOW,
      notBefore: 0,
      keepsPending: false,
      expiresAt: NOW + HOUR_MS,
      ...overrides,
    })

    it('is given to exactly one of a hundred who claim it at once', async () => {
      const catalog = await openMany()
      const owners = await Promise.all(
        HUNDRED.map((index) => catalog(index).requests.claim(claim({ clipId: `clip-${index}` }))),
      )
      expect(owners.filter(({ status }) => status === 'ours')).toHaveLength(1)
      expect(owners.filter(({ status }) => status === 'speaking')).toHaveLength(99)
    })

    it('finds the clip that was spoken for it, which then lives longer', async () => {
      const catalog = await open()
      const { id, expiresAt } = await waitingClip(catalog)
      expect(await catalog.requests.claim(claim({ clipId: id }))).toEqual({ status: 'ours' })
      const again = claim({ clipId: 'another', expiresAt: expiresAt + 1 })
      expect(await catalog.requests.claim(again)).toMatchObject({ status: 'spoken', clip: { id } })
      expect(await catalog.clips.find(id)).toMatchObject({ expiresAt: expiresAt + 1 })
    })

    it('is given a clip for good: who found its time over a moment before does not end it', async () => {
      const many = await openMany()
      const catalog = many(0)
      const cleaner = many(1)
      const { id } = await waitingClip(catalog, { created: { expiresAt: NOW } })
      const overdue = await cleaner.stats.overdue({ now: NOW, limit: 1 })
      expect(overdue).toMatchObject([{ id }])
      // By a clock that is a moment behind.
      const before = { now: NOW - 1, expiresAt: NOW - 1 + HOUR_MS }
      await catalog.requests.claim(claim({ clipId: id, ...before }))
      const again = await catalog.requests.claim(claim({ clipId: 'another', ...before }))
      expect(again).toMatchObject({ status: 'spoken', clip: { id } })
      expect(await cleaner.clips.expire(id, { error: 'late', now: NOW })).toBe(false)
    })

    it('is free again once its clip came to nothing', async () => {
      const { requests } = await open()
      await requests.claim(claim())
      await requests.giveUp('h', 'another')
      expect(await requests.claim(claim({ clipId: 'clip-2' }))).toEqual({ status: 'speaking' })
      await requests.giveUp('h', 'clip-1')
      expect(await requests.claim(claim({ clipId: 'clip-2' }))).toEqual({ status: 'ours' })
    })
  })

  describe('an idempotency key', () => {
    const claim = { key: 'k', fingerprint: 'f', now: NOW, leaseExpiresAt: NOW + 1000 }

    it('is given to exactly one of a hundred who come with it at once', async () => {
      const catalog = await openMany()
      const old = { key: 'old', fingerprint: 'f', now: NOW - 48 * HOUR_MS, leaseExpiresAt: NOW }
      await catalog(0).idempotencyKeys.claim(old)
      const states = await Promise.all(HUNDRED.map((index) => catalog(index).idempotencyKeys.claim(claim)))
      expect(states.filter(({ status }) => status === 'ours')).toHaveLength(1)
      expect(states.filter(({ status }) => status === 'in_flight')).toHaveLength(99)
    })

    it('remembers its answer for a day, and whose it was', async () => {
      const { idempotencyKeys } = await open()
      await idempotencyKeys.claim(claim)
      await idempotencyKeys.answer('k', { status: 200, text: 'answer \u0000 🎤' })
      const state = await idempotencyKeys.claim(claim)
      expect(state).toEqual({ status: 'answered', answer: { status: 200, text: 'answer \u0000 🎤' } })
      expect(await idempotencyKeys.claim({ ...claim, fingerprint: 'g' })).toEqual({ status: 'other_request' })
      const nextDay = { ...claim, fingerprint: 'g', now: NOW + 24 * HOUR_MS + 1 }
      expect(await idempotencyKeys.claim(nextDay)).toEqual({ status: 'ours' })
    })

    it('is free again after a failure, and once its holder died', async () => {
      const { idempotencyKeys } = await open()
      await idempotencyKeys.claim(claim)
      await idempotencyKeys.giveUp('k')
      expect(await idempotencyKeys.claim(claim)).toEqual({ status: 'ours' })
      expect(await idempotencyKeys.claim({ ...claim, now: NOW + 1000 })).toEqual({ status: 'ours' })
    })
  })

  describe('webhooks', () => {
    const lease = { owner: 'one', expiresAt: NOW + 60_000 }
    const later = { limit: 100, now: NOW + 30_000, lease }

    it('arise with the end of a clip, once', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog)
      const { id: expired } = await waitingClip(catalog, { created: { expiresAt: NOW } })
      await catalog.clips.expire(expired, { error: 'late', now: NOW + 6000 })
      await catalog.clips.expire(expired, { error: 'late', now: NOW + 6000 })
      expect(await catalog.webhooks.claim(later)).toMatchObject([
        { type: 'clip.stored', clipId: id, attempts: 0, leaseOwner: 'one' },
        { type: 'clip.expired', clipId: expired },
      ])
    })

    it('are each claimed by one, no more than asked for, and again once due', async () => {
      const catalog = await openMany()
      for (let count = 0; count < 30; count += 1) await storedClip(catalog(0))
      const claims = await Promise.all(
        HUNDRED.slice(0, 12).map((index) => catalog(index).webhooks.claim({ ...later, limit: 4 })),
      )
      for (const claimed of claims) expect(claimed.length).toBeLessThanOrEqual(4)
      const ids = claims.flat().map(({ id }) => id)
      const rest = await catalog(0).webhooks.claim(later)
      expect(new Set([...ids, ...rest.map(({ id }) => id)]).size).toBe(30)
      expect(ids.length + rest.length).toBe(30)
      await catalog(0).webhooks.postpone(ids[0] as string, { error: 'no', nextAttemptAt: NOW + 40_000 })
      expect(await catalog(0).webhooks.claim(later)).toEqual([])
      const due = { ...later, now: NOW + 40_000 }
      expect(await catalog(1).webhooks.claim(due)).toMatchObject([
        { id: ids[0], attempts: 1, lastError: 'no' },
      ])
    })

    it('are forgotten once delivered, and given back untouched by who stops', async () => {
      const { webhooks, ...catalog } = await open()
      await storedClip({ webhooks, ...catalog })
      await storedClip({ webhooks, ...catalog })
      const [first] = await webhooks.claim(later)
      await webhooks.settle(first?.id as string)
      await webhooks.release('one')
      expect(await webhooks.claim(later)).toHaveLength(1)
    })
  })
}
