import { describe, expect, it } from 'vitest'
import {
  HOUR_MS,
  NOW,
  newClip,
  noLimit,
  provenClip,
  type Subject,
  storedClip,
  waitingClip,
} from './catalog-subject.ts'

/** What clean-up and recovery find in every catalog. */
export function describeBacklog({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the backlog', () => {
    it('lists the clips whose bytes can go, those whose time is over first', async () => {
      const catalog = await open()
      const late = await provenClip(catalog, { expiresAt: NOW + 2 * HOUR_MS })
      const early = await provenClip(catalog, { expiresAt: NOW + HOUR_MS })
      const gone = await provenClip(catalog, { expiresAt: NOW })
      const unproven = await storedClip(catalog, { expiresAt: NOW + HOUR_MS })
      await catalog.clips.markBytesDeleted(gone.id)
      const { id: expired } = await waitingClip(catalog, { created: { expiresAt: NOW + 3 * HOUR_MS } })
      await catalog.clips.expire(expired, { error: 'late', now: NOW + 3 * HOUR_MS })
      const { id: waiting } = await waitingClip(catalog)
      const idsOf = async (options: { limit: number; endedBefore?: number }) =>
        (await catalog.backlog.evictable(options)).map(({ id }) => id)
      expect(await idsOf({ limit: 10 })).toEqual([early.id, late.id, expired])
      expect(await idsOf({ limit: 1 })).toEqual([early.id])
      const all = (await Array.fromAsync(catalog.backlog.held())).flat()
      const settled = [early.id, late.id, expired, unproven.id]
      expect(all.flatMap(({ id, isSettled }) => (isSettled ? [id] : [])).toSorted()).toEqual(
        settled.toSorted(),
      )
      expect(all.filter(({ isSettled }) => !isSettled)).toEqual([{ id: waiting, isSettled: false }])
      expect(await idsOf({ limit: 10, endedBefore: NOW + HOUR_MS })).toEqual([early.id, expired])
    })

    it('lists all ids of clips whose bytes are here once, and lets others have their turn between statements', async () => {
      const catalog = (await prepare())()
      const ids: string[] = []
      for (const expiresAt of [NOW, NOW + 1, NOW, NOW, NOW + 1, NOW + 2, NOW]) {
        ids.push((await waitingClip(catalog, { created: { expiresAt } })).id)
      }
      let turns = 0
      const turn = () => {
        turns += 1
        next = setImmediate(turn)
      }
      let next = setImmediate(turn)
      const pages = await Array.fromAsync(catalog.backlog.held({ atOnce: 2 }))
      clearImmediate(next)
      expect(turns).toBeGreaterThanOrEqual(pages.length)
      expect(pages.map(({ length }) => length)).toEqual([2, 2, 2, 1])
      expect(
        pages
          .flat()
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(ids.toSorted())
    })

    it('lists the clips that a provider has taken and nobody is known to deliver, while their bytes are here', async () => {
      const catalog = await open()
      const late = await storedClip(catalog, { expiresAt: NOW + 2 * HOUR_MS })
      const early = await storedClip(catalog, { expiresAt: NOW + HOUR_MS })
      await provenClip(catalog)
      const gone = await storedClip(catalog)
      await catalog.clips.markBytesDeleted(gone.id)
      const lost = await storedClip(catalog)
      const [pin] = await catalog.pins.ofClip(lost.id)
      if (pin) await catalog.pins.lose(pin, { at: NOW, replicateAt: NOW })
      const idsOf = async (endedBefore: number) =>
        (await catalog.backlog.unproven({ limit: 10, endedBefore })).map(({ id }) => id)
      expect(await idsOf(NOW + 2 * HOUR_MS)).toEqual([early.id, late.id])
      expect(await idsOf(NOW + HOUR_MS)).toEqual([early.id])
      expect(await catalog.pins.countUnproven()).toEqual({ unproven: 4, lost: 0 })
      await catalog.clips.markBytesDeleted(lost.id)
      expect(await catalog.pins.countUnproven()).toEqual({ unproven: 4, lost: 1 })
    })

    it('lists clips that lack replicas only where it does not matter', async () => {
      const catalog = await open()
      const { id } = await provenClip(catalog)
      const evictable = (hasReplicas: boolean) => catalog.backlog.evictable({ limit: 10, hasReplicas })
      expect(await evictable(true)).toHaveLength(1)
      await catalog.replications.want(2, NOW, id)
      expect([await evictable(true), await evictable(false)]).toMatchObject([[], [{ id }]])
    })

    it('lists the clips whose time is over while they wait with nobody at work on them', async () => {
      const catalog = await open()
      const ended = { expiresAt: NOW + 10 }
      const { id } = await waitingClip(catalog, { created: ended })
      const lease = { leaseOwner: 'one', leaseExpiresAt: NOW + 1000 }
      const { id: leased } = await waitingClip(catalog, { created: ended, staged: lease })
      await storedClip(catalog, ended)
      await waitingClip(catalog)
      const idsAt = async (now: number) =>
        (await catalog.backlog.overdue({ now, limit: 10 })).map((clip) => clip.id)
      expect(await idsAt(NOW + 9)).toEqual([])
      expect(await idsAt(NOW + 10)).toEqual([id])
      expect((await idsAt(NOW + 1000)).sort()).toEqual([id, leased].sort())
    })

    it('lists the clips that were being spoken when their process died', async () => {
      const catalog = await open()
      const clip = newClip({ leaseExpiresAt: NOW + 1000 })
      await catalog.clips.reserve(clip, noLimit)
      expect(await catalog.backlog.abandoned(NOW + 999)).toEqual([])
      expect(await catalog.backlog.abandoned(NOW + 1000)).toMatchObject([{ id: clip.id }])
    })
  })
}
