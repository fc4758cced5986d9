import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { newClipId } from '#lib/model/clip.ts'
import { until } from '../../support/until.ts'
import { bytes, bytesOf, handClock, MINUTE_MS, openStore } from './s3-subject.ts'
import { audioBytes, inChunks, listAll } from './store-subject.ts'

describe('local copies of what a bucket holds', () => {
  async function openWithCopies(count: number, copiesMaxBytes?: number) {
    const { clock, advance } = handClock()
    const world = await openStore({ clock, ...(copiesMaxBytes !== undefined && { copiesMaxBytes }) })
    const ids: string[] = []
    for (let index = 0; index < count; index += 1) {
      const id = newClipId()
      await world.store.put(id, inChunks(audioBytes(1000, index)))
      ids.push(id)
      advance(1000)
    }
    return { ...world, ids: ids as [string, ...string[]], advance }
  }
  const sweep = { removeUnfinishedBefore: 0 }

  it('are deleted once they were not used for a quarter of an hour', async () => {
    const { store, copies, ids, advance } = await openWithCopies(3)
    advance(10 * MINUTE_MS)
    await store.blob(ids[0])
    advance(10 * MINUTE_MS)
    await listAll(store, sweep)
    expect(await readdir(copies)).toEqual([ids[0]])
    for (const [index, id] of ids.entries()) {
      expect(await bytesOf(await store.blob(id))).toEqual(audioBytes(1000, index))
    }
  })

  it('are deleted when they are too large together, least recently used first', async () => {
    const { store, copies, ids, advance } = await openWithCopies(5, 3000)
    advance(6 * MINUTE_MS)
    await store.read(ids[0]).then((stream) => stream?.return())
    advance(1000)
    await listAll(store, sweep)
    expect((await readdir(copies)).sort()).toEqual([ids[0], ids[3], ids[4]].sort())
  })

  it('stay while they were used in the last minutes, however large they are together', async () => {
    const { store, copies, ids } = await openWithCopies(5, 0)
    await listAll(store, sweep)
    expect(await store.evictCopies()).toBe(0)
    expect((await readdir(copies)).sort()).toEqual(ids.toSorted())
  })

  it('are deleted without a clean-up, too', async () => {
    const { store, copies, ids, advance } = await openWithCopies(3)
    advance(20 * MINUTE_MS)
    const latest = newClipId()
    await store.put(latest, inChunks(bytes))
    await until('the others to go', async () => (await readdir(copies)).length === 1)
    expect(await readdir(copies)).toEqual([latest])
    expect(ids).toHaveLength(3)
  })

  it('are deleted at once when the disk is full, and the clips stay', async () => {
    const { store, copies, ids, advance, server } = await openWithCopies(3)
    advance(6 * MINUTE_MS)
    expect(await store.evictCopies()).toBe(3)
    expect(await readdir(copies)).toEqual([])
    expect(server.objects()).toEqual(ids.map((id) => `audio/${id}`).sort())
  })

  it('can be read as blobs to their end while they are used elsewhere', async () => {
    const { store, ids } = await openWithCopies(1)
    const blob = await store.blob(ids[0])
    await store.blob(ids[0])
    await store.read(ids[0]).then((stream) => stream?.return())
    expect(await bytesOf(blob)).toEqual(audioBytes(1000, 0))
  })
})
