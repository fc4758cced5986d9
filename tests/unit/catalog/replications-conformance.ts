import { describe, expect, it } from 'vitest'
import { NOW, type Subject, storedClip, waitingClip } from './catalog-subject.ts'

const lease = { owner: 'one', expiresAt: NOW + 60_000 }
const now = NOW + 10_000
const due = { now, lease, dueOnly: true }

/** The replicas that every catalog still has to get made. */
export function describeReplications({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('replications', () => {
    it('are recorded once for each stored clip that too few providers hold', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog)
      const { id: enough } = await storedClip(catalog)
      await catalog.pins.add({ clipId: enough, provider: 'kubo', cid: 'bafkubo', pinnedAt: NOW })
      await waitingClip(catalog)
      await catalog.replications.want(2, NOW)
      await catalog.replications.want(2, NOW + 1, id)
      expect(await catalog.replications.count()).toBe(1)
      expect(await catalog.replications.claim(due)).toEqual({ clipId: id, failedRounds: 0 })
    })

    it('are claimed under a lease, which only its owner prolongs, and wait for their date', async () => {
      const { replications, ...catalog } = await open()
      const { id } = await storedClip({ replications, ...catalog })
      await replications.want(2, NOW)
      await replications.claim(due)
      expect(await replications.claim(due)).toBeUndefined()
      expect(await replications.renew(id, { owner: 'two', expiresAt: now })).toBe(false)
      expect(await replications.renew(id, lease)).toBe(true)
      await replications.postpone(id, { error: 'no', nextAttemptAt: now + 1000, hasFailed: true })
      expect(await replications.claim(due)).toBeUndefined()
      expect(await replications.claim({ ...due, dueOnly: false })).toEqual({ clipId: id, failedRounds: 1 })
      await replications.done(id)
      expect(await replications.count()).toBe(0)
    })

    it('are never claimed twice, through three connections at once', async () => {
      const connect = await prepare()
      const catalogs = Array.from({ length: 3 }, connect)
      for (const catalog of catalogs) await catalog.check()
      const first = catalogs[0] as (typeof catalogs)[0]
      for (let index = 0; index < 12; index += 1) await storedClip(first)
      await first.replications.want(2, NOW)
      const claims = Array.from({ length: 20 }, (_, index) => catalogs[index % 3]?.replications.claim(due))
      const claimed = (await Promise.all(claims)).flatMap((one) => (one ? [one.clipId] : []))
      expect(claimed).toHaveLength(12)
      expect(new Set(claimed).size).toBe(12)
    })
  })
}
