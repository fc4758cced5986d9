import { describe, expect, it } from 'vitest'
import { HUNDRED, NOW, openMany, type Subject, storedClip, waitingClip } from './catalog-subject.ts'

/** The webhooks of every catalog: each message is delivered by one process, however many ask at once. */
export function describeWebhooks(subject: Subject) {
  const open = async () => (await subject.prepare())()

  describe('webhooks', () => {
    const lease = { owner: 'one', expiresAt: NOW + 60_000 }
    const later = { limit: 100, now: NOW + 30_000, lease }

    it('are recorded with the end of a clip, once', async () => {
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
      const catalog = await openMany(subject)
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

    it('are deleted once delivered, and given back unchanged by a process that stops', async () => {
      const { webhooks, ...catalog } = await open()
      await storedClip({ webhooks, ...catalog })
      await storedClip({ webhooks, ...catalog })
      const [first] = await webhooks.claim(later)
      await webhooks.delete(first?.id as string)
      await webhooks.release('one')
      expect(await webhooks.claim(later)).toHaveLength(1)
    })
  })
}
