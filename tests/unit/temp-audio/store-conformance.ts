import { describe, expect, it } from 'vitest'
import { newClipId } from '#lib/model/clip.ts'
import { TempAudioError } from '#lib/temp-audio/store.ts'
import {
  audioBytes,
  failedPut,
  hostileIds,
  inChunks,
  listAll,
  readAll,
  type Subject,
} from './store-subject.ts'

/** What every temporary store must do. */
export function describeStore({ title, open }: Subject) {
  describe(`${title}, as a store of temporary audio`, () => {
    const bytes = audioBytes(10_000)

    async function openWithClip() {
      const store = await open()
      const id = newClipId()
      await store.put(id, inChunks(bytes))
      return { store, id }
    }

    it('returns the bytes that it took', async () => {
      const { store, id } = await openWithClip()
      expect(await readAll(store, id)).toEqual(bytes)
    })

    it('says how much it kept, and when', async () => {
      const store = await open()
      const id = newClipId()
      const before = Date.now()
      const stored = await store.put(id, inChunks(bytes))
      if (stored.status === 'failed') throw stored.error
      expect(stored).toMatchObject({ status: 'kept', id, sizeBytes: bytes.length })
      expect(stored.storedAt).toBeGreaterThanOrEqual(before)
      expect(stored.storedAt).toBeLessThanOrEqual(Date.now())
    })

    it.each([
      [0, 0],
      [0, 9999],
      [1, 1],
      [500, 7000],
      [9999, 9999],
    ])('reads the part from byte %i to %i, both included', async (start, end) => {
      const { store, id } = await openWithClip()
      expect(await readAll(store, id, { start, end })).toEqual(bytes.subarray(start, end + 1))
    })

    it('keeps a clip without bytes', async () => {
      const store = await open()
      const id = newClipId()
      await store.put(id, inChunks(Buffer.alloc(0)))
      expect(await readAll(store, id)).toHaveLength(0)
    })

    it('gives a blob that can be read again and again, and in parts', async () => {
      const { store, id } = await openWithClip()
      const blob = await store.blob(id)
      expect(blob?.size).toBe(bytes.length)
      expect(Buffer.from(await (blob as Blob).arrayBuffer())).toEqual(bytes)
      expect(Buffer.from(await (blob as Blob).slice(10, 20).arrayBuffer())).toEqual(bytes.subarray(10, 20))
      expect(Buffer.from(await (blob as Blob).arrayBuffer())).toEqual(bytes)
    })

    it('returns null for a clip that it never had', async () => {
      const store = await open()
      expect(await store.read(newClipId())).toBeNull()
      expect(await store.blob(newClipId())).toBeNull()
      expect(await listAll(store)).toEqual([])
    })

    it('has no clip any more once it was deleted, and deletes it a second time without an error', async () => {
      const { store, id } = await openWithClip()
      await store.delete(id)
      await store.delete(id)
      expect(await store.read(id)).toBeNull()
      expect(await store.blob(id)).toBeNull()
      expect(await listAll(store)).toEqual([])
    })

    it('replaces a whole clip by a whole clip', async () => {
      const { store, id } = await openWithClip()
      const other = audioBytes(300, 2)
      await store.put(id, inChunks(other))
      expect(await readAll(store, id)).toEqual(other)
      expect(await listAll(store)).toMatchObject([{ id, sizeBytes: 300 }])
    })

    it('keeps many clips that are put at once apart', async () => {
      const store = await open()
      const clips = Array.from({ length: 20 }, (_, seed) => ({
        id: newClipId(),
        own: audioBytes(5000, seed),
      }))
      await Promise.all(clips.map(({ id, own }) => store.put(id, inChunks(own, 700))))
      for (const { id, own } of clips) expect(await readAll(store, id)).toEqual(own)
    })

    it('keeps one of two clips that are put under one id at once, whole', async () => {
      const store = await open()
      const id = newClipId()
      const two = [audioBytes(5000, 1), audioBytes(7000, 2)]
      await Promise.all(two.map((own) => store.put(id, inChunks(own, 100))))
      const kept = await readAll(store, id)
      expect(two.some((own) => kept?.equals(own))).toBe(true)
      expect(await listAll(store)).toHaveLength(1)
    })

    it('lists what it holds, with size and time', async () => {
      const store = await open()
      const ids = [newClipId(), newClipId(), newClipId()]
      for (const [index, id] of ids.entries()) await store.put(id, inChunks(audioBytes(100 * (index + 1))))
      const listed = await listAll(store)
      expect(listed.map(({ id }) => id).sort()).toEqual(ids.toSorted())
      for (const { id, sizeBytes, storedAt } of listed) {
        expect(sizeBytes).toBe(100 * (ids.indexOf(id) + 1))
        expect(Number.isInteger(storedAt)).toBe(true)
        expect(Math.abs(storedAt - Date.now())).toBeLessThan(60_000)
      }
    })

    it('keeps nothing where the source fails, and throws its error', async () => {
      const store = await open()
      const id = newClipId()
      const broken = new Error('The stream broke')
      async function* breaking() {
        yield bytes.subarray(0, 5000)
        throw broken
      }
      await expect(store.put(id, breaking())).rejects.toBe(broken)
      expect(await store.read(id)).toBeNull()
      expect(await listAll(store, { removeUnfinishedBefore: Date.now() + 1000 })).toEqual([])
    })

    it('keeps the older clip where the source of the newer one fails', async () => {
      const { store, id } = await openWithClip()
      async function* breaking() {
        yield audioBytes(10, 3)
        throw new Error('The stream broke')
      }
      await expect(store.put(id, breaking())).rejects.toThrow('The stream broke')
      expect(await readAll(store, id)).toEqual(bytes)
    })

    it('shows nothing of a clip before it is whole', async () => {
      const store = await open()
      const id = newClipId()
      const { promise: rest, resolve: sendRest } = Promise.withResolvers<void>()
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
      async function* slow() {
        yield bytes.subarray(0, 5000)
        begin()
        await rest
        yield bytes.subarray(5000)
      }
      const put = store.put(id, slow())
      await begun
      expect(await store.read(id)).toBeNull()
      expect(await store.blob(id)).toBeNull()
      expect(await listAll(store)).toEqual([])
      sendRest()
      await put
      expect(await readAll(store, id)).toEqual(bytes)
    })

    it('calls reserve before it writes, with the new total', async () => {
      const store = await open()
      const totals: number[] = []
      await store.put(newClipId(), inChunks(bytes, 4000), {
        reserve: async (sizeBytes) => {
          totals.push(sizeBytes)
        },
      })
      expect(totals).toEqual([4000, 8000, 10_000])
    })

    it.each([1, 2, 3])('rescues every byte when reserve rejects chunk %i', async (refused) => {
      const store = await open()
      const id = newClipId()
      const noRoom = new Error('No room')
      let asked = 0
      const reserve = async () => {
        asked += 1
        if (asked >= refused) throw noRoom
      }
      const { error, rescued, discard } = await failedPut(store.put(id, inChunks(bytes, 4000), { reserve }))
      expect(error.cause).toBe(noRoom)
      expect(Buffer.from(await (rescued as Blob).arrayBuffer())).toEqual(bytes)
      expect(await store.read(id)).toBeNull()
      await discard()
      expect(await listAll(store, { removeUnfinishedBefore: Date.now() + 1000 })).toEqual([])
    })

    it('lets a reader finish although the clip is deleted meanwhile', async () => {
      const store = await open()
      const id = newClipId()
      const long = audioBytes(2_000_000)
      await store.put(id, inChunks(long, 100_000))
      const stream = await store.read(id)
      const reader = stream as NonNullable<typeof stream>
      const parts = [(await reader.next()).value as Uint8Array]
      await store.delete(id)
      for (let next = await reader.next(); !next.done; next = await reader.next()) parts.push(next.value)
      expect(Buffer.concat(parts).equals(long)).toBe(true)
    })

    it.each(hostileIds.map((id) => [JSON.stringify(id), id]))(
      'treats the id %s as missing',
      async (_, id) => {
        const store = await open()
        await expect(store.put(id, inChunks(bytes))).rejects.toThrow(TempAudioError)
        expect(await store.read(id)).toBeNull()
        expect(await store.blob(id)).toBeNull()
        await store.delete(id)
        expect(await listAll(store)).toEqual([])
      },
    )

    it('checks that it could keep a clip, and leaves nothing behind', async () => {
      const store = await open()
      await store.check()
      await store.put(newClipId(), inChunks(bytes))
      await store.check()
      expect(await listAll(store)).toHaveLength(1)
    })
  })
}
