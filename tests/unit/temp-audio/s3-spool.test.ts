import { readdir, rename, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { newClipId } from '#lib/model/clip.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { until } from '../../support/until.ts'
import { bytes, bytesOf, filesIn, handClock, MINUTE_MS, openStore } from './s3-subject.ts'
import { failedPut, inChunks, listAll, readAll } from './store-subject.ts'

describe('a clip in the spool of a bucket', () => {
  /** A store whose process died after the clip was durable on its machine, and before the bucket had it. */
  async function crashed() {
    const world = await openStore()
    const id = newClipId()
    world.server.failWith(503)
    await failedPut(world.store.put(id, inChunks(bytes)))
    world.server.failWith(undefined)
    return { ...world, id, machine: { server: world.server, directory: world.directory } }
  }

  it('is uploaded by the next process after a crash', async () => {
    const { id, machine, server } = await crashed()
    const { store, directory } = await openStore({ machine })
    expect(await store.pushLeftBehind()).toBe(1)
    expect(server.objects()).toEqual([`audio/${id}`])
    expect((await readAll(store, id))?.equals(bytes)).toBe(true)
    expect(await filesIn(directory)).toEqual([id])
    expect(await store.pushLeftBehind()).toBe(0)
    expect(await readdir(path.join(directory, 'spool'))).toEqual([])
  })

  it('is uploaded when the store lists its clips', async () => {
    const { id, machine } = await crashed()
    const { store } = await openStore({ machine })
    expect(await listAll(store)).toMatchObject([{ id, sizeBytes: bytes.length }])
  })

  it('can be read while the bucket does not have it', async () => {
    const { id, machine } = await crashed()
    const { store } = await openStore({ machine })
    expect((await bytesOf(await store.blob(id)))?.equals(bytes)).toBe(true)
    expect(await readAll(store, id, { start: 5, end: 9 })).toEqual(bytes.subarray(5, 10))
  })

  it('does no harm when several processes upload it at once', async () => {
    const { id, machine, server } = await crashed()
    const stores = await Promise.all([openStore({ machine }), openStore({ machine }), openStore({ machine })])
    await Promise.all(stores.map(({ store }) => store.pushLeftBehind()))
    expect(stores.flatMap(({ problems }) => problems)).toEqual([])
    expect(server.objects()).toEqual([`audio/${id}`])
    for (const { store } of stores) expect((await readAll(store, id))?.equals(bytes)).toBe(true)
  })

  it('stays here until the bucket takes it, where keep was called', async () => {
    const { store, server, problems } = await openStore()
    const id = newClipId()
    server.failWith(503)
    const failed = await failedPut(store.put(id, inChunks(bytes)))
    failed.keep?.()
    expect((await bytesOf(await store.blob(id)))?.equals(bytes)).toBe(true)
    expect(await readAll(store, id, { start: 5, end: 9 })).toEqual(bytes.subarray(5, 10))
    await until('a try that failed', () => problems.length > 0)
    expect(server.objects()).toEqual([])
    server.failWith(undefined)
    await until('the clip in the bucket', () => server.objects().includes(`audio/${id}`))
    expect((await readAll(store, id))?.equals(bytes)).toBe(true)
  })

  it('stays readable for whoever began before the bucket took it, and is a copy afterwards', async () => {
    const readers = Promise.withResolvers<void>()
    const sleep = (ms: number) => (ms > MINUTE_MS ? readers.promise : systemClock.sleep(1))
    const { store, server, directory, copies } = await openStore({ clock: { ...systemClock, sleep } })
    const id = newClipId()
    server.failWith(503)
    const failed = await failedPut(store.put(id, inChunks(bytes)))
    failed.keep?.()
    const blobs = [failed.rescued ?? null, await store.blob(id)]
    server.failWith(undefined)
    await until('the clip in the bucket', () => server.objects().includes(`audio/${id}`))
    await store.pushLeftBehind()
    for (const blob of blobs) expect((await bytesOf(blob))?.equals(bytes)).toBe(true)
    readers.resolve()
    await until('a copy', async () => (await readdir(copies).catch(() => [''])).includes(id))
    expect(await filesIn(directory)).toEqual([id])
  })

  it('is gone once it is deleted, also where keep was called', async () => {
    const { store, server } = await openStore({ clock: { ...systemClock, sleep: async () => {} } })
    const id = newClipId()
    server.failWith(503)
    const failed = await failedPut(store.put(id, inChunks(bytes)))
    server.failWith(undefined)
    await store.delete(id)
    failed.keep?.()
    await until('nothing of it', async () => (await store.blob(id)) === null)
    expect(server.objects()).toEqual([])
  })

  it('cannot be kept where the disk does not survive the process', async () => {
    const { store, server } = await openStore({ isDiskLasting: false })
    server.failWith(503)
    expect((await failedPut(store.put(newClipId(), inChunks(bytes)))).keep).toBeUndefined()
  })

  it('stays while the bucket still refuses it, which is reported', async () => {
    const { id, machine, server } = await crashed()
    const { store, problems } = await openStore({ machine })
    server.failWith(503)
    expect(await store.pushLeftBehind()).toBe(0)
    expect(problems).toHaveLength(1)
    server.failWith(undefined)
    expect(await store.pushLeftBehind()).toBe(1)
    expect(server.objects()).toEqual([`audio/${id}`])
  })

  it('is uploaded in time, even without a clean-up', async () => {
    const { id, machine, server } = await crashed()
    const { clock, advance } = handClock()
    const { store } = await openStore({ machine, clock })
    advance(2 * MINUTE_MS)
    await store.put(newClipId(), inChunks(bytes))
    await until('the other clip, too', () => server.objects().includes(`audio/${id}`))
  })

  it('is left alone while its process lives; on an unknown host it is taken after ten minutes', async () => {
    const { directory, id, machine } = await crashed()
    const { clock, advance } = handClock()
    const { store } = await openStore({ machine, clock })
    const [folder = ''] = await readdir(path.join(directory, 'spool'))
    const strange = folder.replace(/^[^-]+/, '0123456789abcdef')
    await rename(path.join(directory, 'spool', folder), path.join(directory, 'spool', strange))
    expect(await store.pushLeftBehind()).toBe(0)
    advance(11 * MINUTE_MS)
    expect(await store.pushLeftBehind()).toBe(1)
    expect(await listAll(store)).toMatchObject([{ id }])
  })

  it('leaves no unfinished writes once they are old', async () => {
    const { directory, machine } = await crashed()
    const [folder = ''] = await readdir(path.join(directory, 'spool'))
    const broken = path.join(directory, 'spool', folder, `${newClipId()}.0123456789ab.partial`)
    const download = path.join(directory, 'copies', `${newClipId()}.0123456789ab.partial`)
    const { store } = await openStore({ machine })
    await store.put(newClipId(), inChunks(bytes))
    for (const file of [broken, download]) {
      await writeFile(file, 'x')
      await utimes(file, 1000, 1000)
    }
    await listAll(store, { removeUnfinishedBefore: 2_000_000 })
    expect((await filesIn(directory)).filter((name) => name.endsWith('.partial'))).toEqual([])
  })
})
