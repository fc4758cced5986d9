import { describe, expect, it } from 'vitest'
import { NOW, type Subject, storedClip } from './catalog-subject.ts'

const now = NOW + 10_000
const check = { now, before: now, freshSince: 0, freshBefore: 0 }

/** Who holds which clip, in every catalog. */
export function describePins({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the pins', () => {
    it('say who holds a clip, from the moment that it is stored', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog)
      await catalog.pins.add({ clipId: id, provider: 'kubo', cid: 'bafkubo', pinnedAt: NOW + 9000 })
      expect(await catalog.pins.ofClip(id)).toMatchObject([
        { clipId: id, provider: 'pinata', cid: 'bafkreiexample', pinnedAt: NOW + 5000, checkedAt: null },
        { provider: 'kubo', cid: 'bafkubo' },
      ])
      expect(await catalog.pins.clipOf('bafkubo')).toMatchObject({ id })
      expect(await catalog.pins.clipOf('bafunknown')).toBeNull()
    })

    it('are claimed for a check one by one, those that were never checked first', async () => {
      const catalog = await open()
      const checked = await storedClip(catalog)
      await catalog.pins.claimCheck({ ...check, now: NOW })
      const fresh = await storedClip(catalog)
      expect(await catalog.pins.claimCheck(check)).toMatchObject({ clipId: fresh.id, checkedAt: now })
      expect(await catalog.pins.claimCheck(check)).toMatchObject({ clipId: checked.id, checkedAt: now })
      expect(await catalog.pins.claimCheck(check)).toBeUndefined()
    })

    it('that are not proven yet are claimed again while they are new', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog)
      const pin = await catalog.pins.claimCheck(check)
      const again = { now: now + 1000, before: 0, freshSince: NOW, freshBefore: now + 1 }
      expect(await catalog.pins.claimCheck({ ...again, freshSince: now })).toBeUndefined()
      expect(await catalog.pins.claimCheck(again)).toMatchObject({ clipId: id })
      if (pin) await catalog.pins.prove(pin, now)
      expect(await catalog.pins.claimCheck({ ...again, freshBefore: now + 9000 })).toBeUndefined()
    })

    it('that were lost are not checked any more', async () => {
      const catalog = await open()
      await storedClip(catalog)
      const pin = await catalog.pins.claimCheck(check)
      if (pin) await catalog.pins.lose(pin, now)
      expect(await catalog.pins.claimCheck({ ...check, before: now + 1000 })).toBeUndefined()
    })

    it.each([1, 3])('are never claimed twice, through %i connections at once', async (count) => {
      const connect = await prepare()
      const catalogs = Array.from({ length: count }, connect)
      for (const catalog of catalogs) await catalog.check()
      for (let index = 0; index < 12; index += 1) await storedClip(catalogs[0] as (typeof catalogs)[0])
      const claims = Array.from({ length: 20 }, (_, index) => catalogs[index % count]?.pins.claimCheck(check))
      const claimed = (await Promise.all(claims)).flatMap((pin) => (pin ? [pin.clipId] : []))
      expect(claimed).toHaveLength(12)
      expect(new Set(claimed).size).toBe(12)
    })
  })
}
