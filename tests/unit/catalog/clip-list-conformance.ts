import { describe, expect, it } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
import type { ClipCursor, ClipFilter, ListCursor, ListFilter } from '#lib/catalog/clip-list.ts'
import { HOUR_MS, NOW, type Subject, storedClip, storedFacts, waitingClip } from './catalog-subject.ts'

/** The list of the newest clips, in every catalog. */
export function describeClipList(subject: Subject) {
  const open = async () => (await subject.prepare())()

  async function pagesOf({ clipList }: Catalog, filter: ClipFilter, limit: number) {
    const ids: string[] = []
    for (let after: ClipCursor | undefined; ; ) {
      const page = await clipList.newest({ ...filter, after, limit })
      ids.push(...page.map(({ id }) => id))
      after = page.at(-1)
      if (page.length < limit) return ids
    }
  }

  describe('the newest clips', () => {
    it('come page by page, each once, also where many are of the same moment and new ones come', async () => {
      const catalog = await open()
      const made = []
      for (let count = 0; count < 13; count += 1)
        made.push(await storedClip(catalog, { madeBy: 'a', createdAt: NOW + Math.floor(count / 4) }))
      const [first] = await catalog.clipList.newest({ madeBy: 'a', limit: 1 })
      await storedClip(catalog, { madeBy: 'a', createdAt: NOW + 100 })
      const behind = await catalog.clipList.newest({ madeBy: 'a', after: first, limit: 100 })
      expect(behind).toHaveLength(12)
      const expected = made.toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
      expect((await pagesOf(catalog, { madeBy: 'a' }, 5)).slice(1)).toEqual(expected.map(({ id }) => id))
    })

    it('are those of one key, or of all', async () => {
      const catalog = await open()
      const [own, other, nobodys] = [
        await storedClip(catalog, { madeBy: 'a' }),
        await storedClip(catalog, { madeBy: 'b' }),
        await storedClip(catalog),
      ]
      const ids = async (filter: ClipFilter) =>
        (await catalog.clipList.newest({ ...filter, limit: 9 })).map(({ id }) => id)
      expect(await ids({ madeBy: 'a' })).toEqual([own.id])
      expect((await ids({})).toSorted()).toEqual([own.id, other.id, nobodys.id].toSorted())
    })

    it('are filtered by state, label and time, and have no files of captions among them', async () => {
      const catalog = await open()
      const a = { madeBy: 'a' }
      const stored = await storedClip(catalog, { ...a, createdAt: NOW, label: 'one' })
      const waiting = await waitingClip(catalog, { created: { ...a, createdAt: NOW + 10, label: 'two' } })
      const deleted = await storedClip(catalog, { ...a, createdAt: NOW + 20, label: 'one' })
      await catalog.deletions.request(deleted.id, { by: 'maker', now: NOW })
      const ids = async (filter: ClipFilter) => pagesOf(catalog, { ...a, ...filter }, 2)
      expect(await ids({ state: 'stored' })).toEqual([stored.id])
      expect(await ids({ state: 'deleted' })).toEqual([deleted.id])
      expect(await ids({ label: 'one' })).toEqual([stored.id])
      expect(await ids({ createdFrom: NOW + 1, createdBefore: NOW + 20 })).toEqual([waiting.id])
      expect(await ids({ createdFrom: NOW, createdBefore: NOW + 1 })).toEqual([stored.id])
    })

    it('have the notes of their maker, who alone changes them', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog, { madeBy: 'a', label: 'one', metadata: { n: 1 } })
      await catalog.clips.describe(id, { madeBy: 'b', label: 'stolen' })
      await catalog.clips.describe(id, { madeBy: 'a' })
      expect(await catalog.clips.find(id)).toMatchObject({ label: 'one', metadata: { n: 1 } })
      await catalog.clips.describe(id, { madeBy: 'a', label: 'two' })
      expect(await catalog.clips.find(id)).toMatchObject({ label: 'two', metadata: { n: 1 } })
    })
  })

  describe('a list for operators', () => {
    async function filled() {
      const catalog = await open()
      const stored = async (provider: string, storedAt: number) => {
        const { id } = await waitingClip(catalog)
        await catalog.clips.store(id, { ...storedFacts, provider, storedAt })
        return id
      }
      const ids = {
        late: (await waitingClip(catalog, { created: { expiresAt: NOW + 2 * HOUR_MS } })).id,
        soon: (await waitingClip(catalog, { created: { expiresAt: NOW + HOUR_MS } })).id,
        expired: (await waitingClip(catalog)).id,
        old: await stored('pinata', NOW + 10),
        other: await stored('kubo', NOW + 20),
        new: await stored('pinata', NOW + 30),
      }
      await catalog.clips.expire(ids.expired, { error: 'late', now: NOW + HOUR_MS })
      return { catalog, ids }
    }

    async function listed({ clipList }: Catalog, filter: ListFilter, limit: number) {
      const ids: string[] = []
      for (let after: ListCursor | undefined; ; ) {
        const { clips, next } = await clipList.page({ ...filter, after, limit })
        expect(clips.length).toBeLessThanOrEqual(limit)
        ids.push(...clips.map(({ id }) => id))
        if (!next) return ids
        after = next
      }
    }

    it.each([1, 2, 100])(
      'has each clip once, in pages of %i: those first that end first, or the latest',
      async (limit) => {
        const { catalog, ids } = await filled()
        expect(await listed(catalog, { list: 'pending' }, limit)).toEqual([ids.soon, ids.late])
        expect(await listed(catalog, { list: 'expired' }, limit)).toEqual([ids.expired])
        expect(await listed(catalog, { list: 'stored' }, limit)).toEqual([ids.new, ids.other, ids.old])
        expect((await listed(catalog, { list: 'all' }, limit)).toSorted()).toEqual(
          Object.values(ids).toSorted(),
        )
      },
    )

    it('is narrowed down by provider and by the time that it is sorted by', async () => {
      const { catalog, ids } = await filled()
      const pinata = { list: 'stored', provider: 'pinata' } as const
      expect(await listed(catalog, pinata, 1)).toEqual([ids.new, ids.old])
      expect(await listed(catalog, { ...pinata, before: NOW + 30 }, 9)).toEqual([ids.old])
      expect(await listed(catalog, { list: 'stored', from: NOW + 20 }, 9)).toEqual([ids.new, ids.other])
      expect(await listed(catalog, { list: 'pending', before: NOW + HOUR_MS + 1 }, 9)).toEqual([ids.soon])
    })

    it('is counted up to a limit', async () => {
      const { catalog } = await filled()
      expect(await catalog.clipList.count({ list: 'stored' }, 100)).toBe(3)
      expect(await catalog.clipList.count({ list: 'stored', provider: 'kubo' }, 100)).toBe(1)
      expect(await catalog.clipList.count({ list: 'all' }, 4)).toBe(4)
    })
  })

  it('finds clips by the beginning of their id, by each of their CIDs and by their request', async () => {
    const catalog = await open()
    const own = { requestId: 'call-7' }
    const clip = await waitingClip(catalog, { created: own, staged: { cid: 'bafkreifirst' } })
    const again = await waitingClip(catalog, { created: { ...own, createdAt: NOW + 1 } })
    await catalog.clips.store(clip.id, { ...storedFacts, ipfsHash: 'Qmother' })
    const found = async (text: string) => (await catalog.clipList.find(text, 10)).map(({ id }) => id)
    expect(await found(clip.id)).toEqual([clip.id])
    expect(await found(clip.id.slice(0, 12))).toEqual([clip.id])
    expect(await found(clip.id.slice(0, 7))).toEqual([])
    expect(await found('bafkreifirst')).toEqual([clip.id])
    expect(await found('Qmother')).toEqual([clip.id])
    expect(await found('call-7')).toEqual([again.id, clip.id])
    expect(await found('call')).toEqual([])
    expect(await catalog.clipList.find('call-7', 1)).toHaveLength(1)
  })
}
