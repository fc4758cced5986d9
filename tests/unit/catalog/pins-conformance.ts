import { describe, expect, it } from 'vitest'
import { NOW, type Subject, storedClip, storedFacts, waitingClip } from './catalog-subject.ts'

const now = NOW + 10_000
const check = { now, before: now }
const address = { provider: 'kubo', ipfsHash: 'bafkubo', permanentUrl: 'https://kubo.test/ipfs/bafkubo' }
const nowhere = { provider: null, ipfsHash: null, permanentUrl: null }

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

    it('are read back soon after they were made, one by one, until they are proven', async () => {
      const catalog = await open()
      const { id, storedAt } = await storedClip(catalog)
      const dueAt = (storedAt ?? 0) + 5000
      const claim = (at: number) => catalog.pins.claimReadBack({ now: at, dueBy: at, until: at + 60_000 })
      expect(await catalog.pins.nextReadBackAt()).toBe(dueAt)
      expect(await claim(dueAt - 1)).toBeUndefined()
      expect(await claim(dueAt)).toMatchObject({ clipId: id, checkedAt: dueAt })
      expect(await claim(dueAt + 59_999)).toBeUndefined()
      const pin = await claim(dueAt + 60_000)
      if (pin) await catalog.pins.defer(pin, { readBackAt: now, unconfirmedSince: now })
      expect(await claim(now)).toMatchObject({ clipId: id, unconfirmedSince: now })
      if (pin) await catalog.pins.prove(pin, { at: now })
      expect(await catalog.pins.nextReadBackAt()).toBeUndefined()
      expect(await catalog.pins.ofClip(id)).toMatchObject([{ provenAt: now, unconfirmedSince: null }])
      expect(await catalog.clips.find(id)).toMatchObject({ provider: 'pinata', unprovenSince: null })
    })

    it('that were proven by the upload are not read back', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      await catalog.clips.store(id, { ...storedFacts, isProven: true })
      expect(await catalog.pins.ofClip(id)).toMatchObject([
        { provenAt: storedFacts.storedAt, readBackAt: null },
      ])
      expect(await catalog.clips.find(id)).toMatchObject({ unprovenSince: null })
      expect(await catalog.pins.nextReadBackAt()).toBeUndefined()
    })

    it('that were lost are not checked any more, and another provider is to get the clip', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog)
      const pin = await catalog.pins.claimCheck(check)
      if (pin) await catalog.pins.lose(pin, { at: now, replicateAt: now + 1000 })
      expect(await catalog.pins.claimCheck({ ...check, before: now + 1000 })).toBeUndefined()
      expect(await catalog.pins.nextReadBackAt()).toBeUndefined()
      const lease = { owner: 'me', expiresAt: now + 60_000 }
      const claim = (at: number) => catalog.replications.claim({ now: at, lease, dueOnly: true })
      expect(await claim(now)).toBeUndefined()
      expect(await claim(now + 1000)).toMatchObject({ clipId: id })
      if (pin) await catalog.pins.prove(pin, { at: now })
      expect(await catalog.clips.find(id)).toMatchObject(nowhere)
    })

    it('move the address of a clip to the provider that delivers it once the first one does not', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog)
      const [first] = await catalog.pins.ofClip(id)
      if (first) await catalog.pins.prove(first, { at: NOW })
      const pinnedAt = NOW + 9000
      await catalog.pins.add({ clipId: id, provider: 'kubo', cid: 'bafkubo', pinnedAt }, address)
      const record = async () => catalog.clips.find(id)
      expect(await record()).toMatchObject({ provider: 'pinata', unprovenSince: null })
      if (first) await catalog.pins.lose(first, { at: now, replicateAt: now })
      expect(await record()).toMatchObject({ ...nowhere, unprovenSince: now })
      const [, second] = await catalog.pins.ofClip(id)
      if (second) await catalog.pins.prove(second, { at: now, address })
      expect(await record()).toMatchObject({ ...address, unprovenSince: null, state: 'stored' })
      const moved = { ...address, permanentUrl: '/ipfs/bafkubo' }
      if (second) await catalog.pins.prove(second, { at: now, address: moved })
      expect(await record()).toMatchObject(address)
      if (second) await catalog.pins.prove(second, { at: now, address: moved, hasMoved: true })
      expect(await record()).toMatchObject(moved)
      const proven = { clipId: id, provider: 'pinata', cid: 'bafkreiexample', pinnedAt: now, provenAt: now }
      await catalog.pins.add(proven, { ...address, provider: 'pinata' })
      expect(await record()).toMatchObject(moved)
      const [again] = await catalog.pins.ofClip(id)
      if (again?.provider === 'kubo') {
        await catalog.pins.lose(again, {
          at: now,
          replicateAt: now,
          address: { ...address, provider: 'pinata' },
        })
      }
      expect(await record()).toMatchObject({ provider: 'pinata', unprovenSince: null })
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
