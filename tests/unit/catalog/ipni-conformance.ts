import { describe, expect, it } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
import type { IpniStep } from '#lib/catalog/ipni.ts'
import { NOW, type Subject, waitingClip } from './catalog-subject.ts'

/** A clip that the provider `embedded` holds. */
async function embeddedClip(catalog: Catalog, cid: string) {
  const { id } = await waitingClip(catalog, { staged: { cid } })
  await catalog.clips.store(id, {
    provider: 'embedded',
    ipfsHash: cid,
    permanentUrl: `/ipfs/${cid}`,
    storedAt: NOW,
  })
  const [pin] = await catalog.pins.ofClip(id)
  if (!pin) throw new Error('The clip has no pin')
  return pin
}

const step = (changes: Partial<IpniStep>): IpniStep => ({
  previous: null,
  head: 'head-1',
  address: '/dns/voice.example/tcp/443/https',
  blocks: [],
  changes: [],
  removedContexts: [],
  added: [],
  now: NOW,
  ...changes,
})

/** The chain of advertisements, in every catalog. */
export function describeIpni({ prepare }: Subject) {
  const open = async () => (await prepare())()
  const cidsDue = async ({ ipni }: Catalog) => (await ipni.due(100)).changes.map(({ cid }) => cid).sort()

  describe('the chain of advertisements', () => {
    it('has all that was kept before it began, and each change since, but nothing of other providers', async () => {
      const catalog = await open()
      await embeddedClip(catalog, 'before')
      expect(await cidsDue(catalog)).toEqual([])
      await catalog.ipni.begin('peer', NOW)
      const pin = await embeddedClip(catalog, 'after')
      await catalog.pins.add({ ...pin, provider: 'kubo', cid: 'elsewhere' })
      expect(await cidsDue(catalog)).toEqual(['after', 'before'])
      await catalog.pins.add({ ...pin, cid: 'renamed' })
      expect((await catalog.ipni.due(100)).changes).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ cid: 'after', isHeld: 0 }),
          expect.objectContaining({ cid: 'renamed', isHeld: 1, context: null }),
        ]),
      )
    })

    it('takes a step as a whole, and knows afterwards what shares a context', async () => {
      const catalog = await open()
      await catalog.ipni.begin('peer', NOW)
      const pin = await embeddedClip(catalog, 'one')
      await embeddedClip(catalog, 'two')
      const { changes } = await catalog.ipni.due(100)
      const added = ['one', 'two'].map((cid) => ({ cid, context: 'both' }))
      const blocks = [{ cid: 'head-1', body: '{"a":1}' }]
      expect(await catalog.ipni.append(step({ changes, added, blocks }))).toBe(true)
      expect(await catalog.ipni.chain()).toMatchObject({
        peerId: 'peer',
        head: 'head-1',
        nextAnnouncementAt: NOW,
      })
      expect(await catalog.ipni.block('head-1')).toBe('{"a":1}')
      expect(await catalog.ipni.block('head-2')).toBeNull()
      expect(await cidsDue(catalog)).toEqual([])
      await catalog.pins.lose(pin, { at: NOW, replicateAt: NOW })
      const due = await catalog.ipni.due(100)
      expect(due.changes).toMatchObject([{ cid: 'one', context: 'both', isHeld: 0 }])
      expect(due.neighbours.sort((a, b) => (a.cid < b.cid ? -1 : 1))).toEqual(added)
      const next = { previous: 'head-1', head: 'head-2', changes: due.changes, removedContexts: ['both'] }
      expect(await catalog.ipni.append(step(next))).toBe(true)
      await catalog.ipni.begin('peer', NOW)
      expect(await cidsDue(catalog)).toEqual(['two'])
    })

    it('takes no step that is built on another head', async () => {
      const catalog = await open()
      await catalog.ipni.begin('peer', NOW)
      await embeddedClip(catalog, 'one')
      const { changes } = await catalog.ipni.due(100)
      expect(await catalog.ipni.append(step({ previous: 'other', changes }))).toBe(false)
      expect(await cidsDue(catalog)).toEqual(['one'])
      expect((await catalog.ipni.chain())?.head).toBeNull()
    })

    it('is moved from one head to the next by one of three connections', async () => {
      const connect = await prepare()
      const catalogs = [connect(), connect(), connect()]
      for (const { ipni } of catalogs) await ipni.begin('peer', NOW)
      const taken = await Promise.all(
        catalogs.map(({ ipni }, index) => ipni.append(step({ head: `head-${index}` }))),
      )
      expect(taken.filter(Boolean)).toHaveLength(1)
    })

    it('keeps a change due that came while the step was made', async () => {
      const catalog = await open()
      await catalog.ipni.begin('peer', NOW)
      const pin = await embeddedClip(catalog, 'one')
      const { changes } = await catalog.ipni.due(100)
      await catalog.pins.lose(pin, { at: NOW, replicateAt: NOW })
      await catalog.ipni.append(step({ changes, added: [{ cid: 'one', context: 'one' }] }))
      expect((await catalog.ipni.due(100)).changes).toMatchObject([{ cid: 'one', context: 'one', isHeld: 0 }])
    })

    it('is announced by whoever changes its date first', async () => {
      const catalog = await open()
      await catalog.ipni.begin('peer', NOW)
      await catalog.ipni.append(step({}))
      const chain = await catalog.ipni.chain()
      if (!chain) throw new Error('There is no chain')
      const next = { nextAnnouncementAt: NOW + 1, failedAnnouncements: 1 }
      expect(await catalog.ipni.scheduleAnnouncement(chain, next)).toEqual({ ...chain, ...next })
      expect(await catalog.ipni.scheduleAnnouncement(chain, next)).toBeUndefined()
    })

    it('begins anew for another peer, with all content', async () => {
      const catalog = await open()
      await catalog.ipni.begin('peer', NOW)
      await embeddedClip(catalog, 'one')
      const { changes } = await catalog.ipni.due(100)
      const blocks = [{ cid: 'head-1', body: '{}' }]
      await catalog.ipni.append(step({ changes, added: [{ cid: 'one', context: 'one' }], blocks }))
      await catalog.ipni.begin('other', NOW)
      expect(await catalog.ipni.chain()).toMatchObject({ peerId: 'other', head: null })
      expect(await catalog.ipni.block('head-1')).toBeNull()
      expect(await cidsDue(catalog)).toEqual(['one'])
    })
  })
}
