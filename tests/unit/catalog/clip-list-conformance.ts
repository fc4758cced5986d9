import { describe, expect, it } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
import type { ClipCursor, ClipFilter } from '#lib/catalog/clip-list.ts'
import { NOW, type Subject, storedClip, waitingClip } from './catalog-subject.ts'

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
}
