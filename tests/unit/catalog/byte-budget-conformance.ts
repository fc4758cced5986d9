import { describe, expect, it } from 'vitest'
import { newClipId } from '#lib/model/clip.ts'
import {
  HOUR_MS,
  NOW,
  newClip,
  noLimit,
  type Subject,
  stagedFacts,
  storedFacts,
  waitingClip,
} from './catalog-subject.ts'

/** The byte budget of every catalog. */
export function describeByteBudget({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the byte budget', () => {
    it('is filled to the last byte and not beyond', async () => {
      const { clips } = await open()
      expect(await clips.reserve(newClip({ sizeBytes: 600 }), 1000)).toBe(true)
      expect(await clips.reserve(newClip({ sizeBytes: 401 }), 1000)).toBe(false)
      expect(await clips.reserve(newClip({ sizeBytes: 400 }), 1000)).toBe(true)
    })

    it('leaves no record of a clip that does not fit', async () => {
      const { clips, totals } = await open()
      const clip = newClip({ sizeBytes: 1001 })
      expect(await clips.reserve(clip, 1000)).toBe(false)
      expect(await clips.find(clip.id)).toBeNull()
      expect(await totals()).toMatchObject({ heldClips: 0, heldBytes: 0 })
    })

    it('counts what a clip has grown to, and takes back what it did not need', async () => {
      const { clips, totals } = await open()
      const growing = newClip({ sizeBytes: 100 })
      const other = newClip({ sizeBytes: 400 })
      await clips.reserve(growing, 1000)
      await clips.reserve(other, 1000)
      expect(await clips.resize(growing.id, 600, 1000)).toBe(true)
      expect(await clips.resize(growing.id, 601, 1000)).toBe(false)
      expect(await totals()).toMatchObject({ heldBytes: 1000 })
      await clips.stage(growing.id, stagedFacts({ sizeBytes: 250 }))
      expect(await totals()).toMatchObject({ heldClips: 2, heldBytes: 650 })
    })

    it('has nothing for a clip without a record', async () => {
      const { clips } = await open()
      expect(await clips.resize(newClipId(), 1, noLimit)).toBe(false)
    })

    it.each(['stored', 'expired'])(
      'is free again once the bytes of a %s clip are deleted, not before',
      async (state) => {
        const catalog = await open()
        const { id, sizeBytes } = await waitingClip(catalog)
        if (state === 'stored') await catalog.clips.store(id, storedFacts)
        else await catalog.clips.expire(id, { error: 'late', now: NOW + HOUR_MS })
        expect(await catalog.totals()).toMatchObject({ heldBytes: sizeBytes })
        await catalog.clips.markBytesDeleted(id)
        expect(await catalog.totals()).toMatchObject({ heldClips: 0, heldBytes: 0 })
      },
    )

    it('is never exceeded by clips that begin and grow at once, through several connections', async () => {
      const connect = await prepare()
      const catalogs = [connect(), connect(), connect(), connect()]
      for (const catalog of catalogs) await catalog.check()
      const growing = Array.from({ length: 10 }, () => newClip({ sizeBytes: 100 }))
      for (const clip of growing) await catalogs[0]?.clips.reserve(clip, 2000)
      const asked = growing.flatMap((clip, index) => [
        catalogs[index % 4]?.clips.resize(clip.id, 200, 2000),
        catalogs[(index + 1) % 4]?.clips.reserve(newClip({ sizeBytes: 100 }), 2000),
      ])
      expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(10)
      expect(await catalogs[0]?.totals()).toMatchObject({ heldBytes: 2000 })
    })

    it('counts what a count of all clips would, whatever has become of them', async () => {
      const connect = await prepare()
      const catalogs = [connect(), connect(), connect()]
      for (const catalog of catalogs) await catalog.check()
      const lives = Array.from({ length: 30 }, async (_, index) => {
        const catalog = catalogs[index % 3] as (typeof catalogs)[0]
        const clip = newClip({ sizeBytes: 100 + index })
        await catalog.clips.reserve(clip, noLimit)
        if (index % 5 === 0) return catalog.clips.discard(clip.id)
        if (index % 5 === 1) return catalog.clips.resize(clip.id, 500, noLimit)
        const facts = stagedFacts({ sizeBytes: 50 + index })
        if (index % 5 === 2)
          return catalog.clips.settle(clip.id, { staged: facts, stored: storedFacts, hasLocalBytes: false })
        await catalog.clips.stage(clip.id, facts)
        if (index % 5 === 3) return catalog.clips.store(clip.id, storedFacts)
        return index % 2 === 0
          ? undefined
          : catalog.clips.expire(clip.id, { error: 'late', now: NOW + HOUR_MS })
      })
      await Promise.all(lives)
      // Six grew to 500; six were stored and six waited or expired, of 50 bytes and their number.
      const heldBytes = 6 * 500 + 12 * 50 + (3 + 8 + 13 + 18 + 23 + 28) + (4 + 9 + 14 + 19 + 24 + 29)
      expect(await catalogs[0]?.totals()).toMatchObject({ heldClips: 18, heldBytes, waitingClips: 3 })
    })

    it.each([1, 2])(
      'is never exceeded by many reservations at once, through %i connections',
      async (count) => {
        const connect = await prepare()
        const catalogs = Array.from({ length: count }, connect)
        const asked = Array.from({ length: 60 }, (_, index) =>
          catalogs[index % count]?.clips.reserve(newClip({ sizeBytes: 100 }), 2050),
        )
        const granted = (await Promise.all(asked)).filter(Boolean)
        expect(granted).toHaveLength(20)
        expect(await catalogs[0]?.totals()).toMatchObject({ heldClips: 20, heldBytes: 2000 })
      },
    )
  })
}
