import { describe, expect, it } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
import { DAY_MS } from '#lib/platform/units.ts'
import {
  NOW,
  newClip,
  noLimit,
  provenClip,
  type Subject,
  storedClip,
  waitingClip,
} from './catalog-subject.ts'

const oneScript = {
  ...{ id: 's', requestId: 'r', caller: 'c', reuseScope: null, characters: 1, pieceCount: 1 },
  ...{ request: '{}', idempotencyKey: null, fingerprint: null, createdAt: NOW },
}
const piece = { number: 0, turn: 0, textStart: 0, textLength: 1, characters: 1 }
const never = new AbortController().signal

/** All records of every catalog: read whole, and pruned. */
export function describeRecords(subject: Subject) {
  const open = async () => (await subject.prepare())()

  const allOf = async (catalog: Catalog) => (await Array.fromAsync(catalog.records.pages())).flat()

  /** A clip that has come to its end, and whose bytes are gone. */
  async function settledClip(catalog: Catalog, createdAt: number) {
    const { id } = await provenClip(catalog, { createdAt })
    await catalog.clips.markBytesDeleted(id)
    return id
  }

  describe('the records', () => {
    it('are read whole, however many there are, each once and without who works on it', async () => {
      const catalog = await open()
      const count = 1203
      const script = { ...oneScript, pieceCount: count }
      const numbers = Array.from({ length: count }, (_, number) => number)
      await catalog.scripts.create(
        script,
        numbers.map((number) => ({ ...piece, number })),
      )
      const clip = newClip({ madeBy: 'a key', metadata: { episode: 12 } })
      await catalog.clips.reserve(clip, noLimit)
      const pinned = await storedClip(catalog)
      const pages = await Array.fromAsync(catalog.records.pages())
      expect(Math.max(...pages.map(({ length }) => length))).toBe(500)
      const records = pages.flat()
      const of = (type: string) => records.filter((each) => each.type === type).map(({ record }) => record)
      expect(of('script_piece')).toMatchObject(numbers.map((number) => ({ scriptId: 's', number })))
      const clips = of('clip')
      expect(clips.map((each) => 'id' in each && each.id)).toEqual([clip.id, pinned.id].toSorted())
      const speaking = clips.find((each) => 'state' in each && each.state === 'speaking')
      expect(speaking).toMatchObject({ metadata: { episode: 12 }, hasLocalBytes: true })
      expect(speaking).not.toHaveProperty('leaseOwner')
      expect(of('pin')).toMatchObject([{ clipId: pinned.id, provider: 'pinata' }])
      expect(of('counter')).toContainEqual({ name: 'clips_stored', label: 'pinata', value: 1 })
    })

    it('of clips that have come to their end are pruned, and no counter and no total changes', async () => {
      const catalog = await open()
      const old = await settledClip(catalog, NOW - 10 * DAY_MS)
      const young = await settledClip(catalog, NOW)
      const deleted = await settledClip(catalog, NOW - 10 * DAY_MS)
      await catalog.deletions.request(deleted, { by: 'operator', now: NOW })
      const [target] = await catalog.deletions.targets(deleted)
      await catalog.deletions.settle({ ...(target as NonNullable<typeof target>), outcome: 'unpinned' })
      await catalog.deletions.finish(deleted, NOW)
      for (const { id } of await catalog.webhooks.claim({
        limit: 100,
        now: NOW + DAY_MS,
        lease: { owner: 'w', expiresAt: NOW + DAY_MS },
      }))
        await catalog.webhooks.delete(id)
      const before = [await catalog.counters.read(), await catalog.totals()]
      expect(await catalog.records.prune(NOW - 5 * DAY_MS, never)).toBe(2)
      expect([await catalog.counters.read(), await catalog.totals()]).toEqual(before)
      expect(await catalog.clips.find(old)).toBeNull()
      expect(await catalog.clips.find(deleted)).toBeNull()
      expect(await catalog.clips.find(young)).not.toBeNull()
      const left = (await allOf(catalog)).filter(({ type }) => type !== 'counter')
      expect(left.map(({ type }) => type)).toEqual(['clip', 'pin'])
      expect(await catalog.records.prune(NOW - 5 * DAY_MS, never)).toBe(0)
    })

    it('that something still needs stay, however old they are', async () => {
      const catalog = await open()
      const created = { createdAt: NOW - 10 * DAY_MS }
      await waitingClip(catalog, { created })
      await provenClip(catalog, created)
      await catalog.clips.reserve(newClip(created), noLimit)
      const embedded = await settledClip(catalog, created.createdAt)
      await catalog.pins.add({ clipId: embedded, provider: 'embedded', cid: 'bafk', pinnedAt: NOW })
      const deleting = await settledClip(catalog, created.createdAt)
      await catalog.deletions.request(deleting, { by: 'operator', now: NOW })
      expect(await catalog.records.prune(NOW, never)).toBe(0)
    })

    it('of scripts go with their pieces, once they have ended', async () => {
      const catalog = await open()
      await catalog.scripts.create({ ...oneScript, createdAt: NOW - 10 * DAY_MS }, [piece])
      expect(await catalog.records.prune(NOW, never)).toBe(0)
      await catalog.scripts.end('s', { state: 'cancelled', endedAt: NOW - 9 * DAY_MS })
      expect(await catalog.records.prune(NOW, never)).toBe(1)
      expect(await catalog.scripts.find('s')).toBeNull()
      expect(await catalog.scripts.piecesOf('s')).toEqual([])
    })
  })
}
