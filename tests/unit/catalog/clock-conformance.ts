import { describe, expect, it } from 'vitest'
import { HOUR_MS, NOW, type Subject, waitingClip } from './catalog-subject.ts'

const MINUTE_MS = 60_000
const longest = { self: 'me', leaseMs: 90_000, clipWaitMs: 12 * MINUTE_MS, webhookWaitMs: 0 }

/** What was seen of the clock, in every catalog. */
export function describeClock({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the clock', () => {
    it('is steady since the first look, for as long as looks come evenly', async () => {
      const { clock } = await open()
      expect(await clock.steadySince()).toBeUndefined()
      for (const minute of [0, 1, 2, 12]) expect(await clock.look(NOW + minute * MINUTE_MS)).toBe(0)
      expect(await clock.steadySince()).toBe(NOW)
    })

    it.each([2 * HOUR_MS, -2 * HOUR_MS])('is steady anew after a jump by %i ms', async (jumpMs) => {
      const { clock } = await open()
      await clock.look(NOW)
      expect(await clock.look(NOW + jumpMs)).toBe(jumpMs)
      expect(await clock.look(NOW + jumpMs + MINUTE_MS)).toBe(0)
      expect(await clock.steadySince()).toBe(NOW + jumpMs)
    })

    it('that was set back leaves nothing waiting for dates that nobody meant', async () => {
      const catalog = await open()
      const { clock, clips, queue } = catalog
      const lease = { leaseOwner: 'elsewhere', leaseExpiresAt: NOW + 60_000 }
      const { id: leased } = await waitingClip(catalog, { staged: lease })
      const { id: waiting } = await waitingClip(catalog, { staged: { stagedAt: NOW + 9 * MINUTE_MS } })
      const { id: own } = await waitingClip(catalog, { staged: { ...lease, leaseOwner: 'me' } })
      expect(await clock.pullBack({ ...longest, now: NOW })).toBe(0)
      const now = NOW - 2 * HOUR_MS
      expect(await clock.pullBack({ ...longest, now })).toBe(3)
      const claimed = await queue.claim({
        limit: 9,
        now,
        lease: { owner: 'x', expiresAt: now + 1 },
        dueOnly: true,
      })
      expect(claimed.map(({ id }) => id).toSorted()).toEqual([leased, waiting].toSorted())
      expect(await clips.find(own)).toMatchObject({ leaseOwner: 'me' })
    })
  })
}
