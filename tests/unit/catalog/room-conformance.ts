import { describe, expect, test } from 'vitest'
import { newClipId } from '../../../lib/clip.ts'
import {
  NOW,
  newClip,
  noLimit,
  type Subject,
  stagedFacts,
  storedFacts,
  waitingClip,
} from './catalog-subject.ts'

/** The byte budget of every catalog. */
export function describeRoom({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the byte budget', () => {
    test('is filled to the last byte and not beyond', async () => {
      const { clips } = await open()
      expect(await clips.reserve(newClip({ sizeBytes: 600 }), 1000)).toBe(true)
      expect(await clips.reserve(newClip({ sizeBytes: 401 }), 1000)).toBe(false)
      expect(await clips.reserve(newClip({ sizeBytes: 400 }), 1000)).toBe(true)
    })

    test('leaves no record of a clip that found no room', async () => {
      const { clips, figures } = await open()
      const clip = newClip({ sizeBytes: 1001 })
      expect(await clips.reserve(clip, 1000)).toBe(false)
      expect(await clips.find(clip.id)).toBeNull()
      expect(await figures.totals()).toMatchObject({ heldClips: 0, heldBytes: 0 })
    })

    test('counts what a clip has grown to, and takes back what it did not need', async () => {
      const { clips, figures } = await open()
      const growing = newClip({ sizeBytes: 100 })
      const other = newClip({ sizeBytes: 400 })
      await clips.reserve(growing, 1000)
      await clips.reserve(other, 1000)
      expect(await clips.resize(growing.id, 600, 1000)).toBe(true)
      expect(await clips.resize(growing.id, 601, 1000)).toBe(false)
      expect(await figures.totals()).toMatchObject({ heldBytes: 1000 })
      await clips.stage(growing.id, stagedFacts({ sizeBytes: 250 }))
      expect(await figures.totals()).toMatchObject({ heldClips: 2, heldBytes: 650 })
    })

    test('has no room for a clip without a record', async () => {
      const { clips } = await open()
      expect(await clips.resize(newClipId(), 1, noLimit)).toBe(false)
    })

    test.each(['stored', 'expired'])('is free again once a %s clip was let go, not before', async (state) => {
      const catalog = await open()
      const { id, sizeBytes } = await waitingClip(catalog)
      if (state === 'stored') await catalog.clips.store(id, storedFacts)
      else await catalog.clips.expire(id, { error: 'late', now: NOW })
      expect(await catalog.figures.totals()).toMatchObject({ heldBytes: sizeBytes })
      await catalog.clips.letGo(id)
      expect(await catalog.figures.totals()).toMatchObject({ heldClips: 0, heldBytes: 0 })
    })

    test.each([1, 2])('holds when many ask at once, through %i connections', async (count) => {
      const connect = await prepare()
      const catalogs = Array.from({ length: count }, connect)
      const asked = Array.from({ length: 60 }, (_, index) =>
        catalogs[index % count]?.clips.reserve(newClip({ sizeBytes: 100 }), 2050),
      )
      const granted = (await Promise.all(asked)).filter(Boolean)
      expect(granted).toHaveLength(20)
      expect(await catalogs[0]?.figures.totals()).toMatchObject({ heldClips: 20, heldBytes: 2000 })
    })
  })
}
