import { chmod, mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { newClipId } from '#lib/model/clip.ts'
import { createFilesystemStore } from '#lib/temp-audio/filesystem.ts'
import { type FailedPut, TempAudioError, type TempAudioStore } from '#lib/temp-audio/store.ts'
import { lacking } from '../../support/lacking.ts'
import { openFilesBelow } from '../../support/open-files.ts'
import { canMount, smallDisk } from '../../support/small-disk.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { describeStore } from './store-conformance.ts'
import { audioBytes, failedPut, hostileIds, inChunks, listAll, readAll } from './store-subject.ts'

describeStore({
  title: 'The file system',
  open: async () => createFilesystemStore({ directory: path.join(await temporaryDirectory(), 'audio') }),
})

const bytes = audioBytes(200_000)
const long = audioBytes(600_000)

async function open() {
  const directory = path.join(await temporaryDirectory(), 'audio')
  return { directory, store: createFilesystemStore({ directory }) }
}

async function expectRescue({ rescued }: FailedPut, expected: Uint8Array) {
  expect(Buffer.from(await (rescued as Blob).arrayBuffer()).equals(expected)).toBe(true)
}

describe('the file system as a store', () => {
  it('commits a clip under its id, and leaves no other file', async () => {
    const { directory, store } = await open()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    expect(await readdir(directory)).toEqual([id])
  })

  it.each(hostileIds.map((id) => [JSON.stringify(id), id]))(
    'touches no file for the id %s',
    async (_, id) => {
      const { directory, store } = await open()
      const outside = path.dirname(directory)
      await writeFile(path.join(outside, 'escape'), 'untouched')
      await mkdir(directory)
      await store.put(id, inChunks(bytes)).catch(() => {})
      await store.delete(id)
      expect(await readdir(outside)).toEqual(['audio', 'escape'])
      expect(await readdir(directory)).toEqual([])
    },
  )

  it('works in a directory that does not exist yet, and in one that was deleted', async () => {
    const { directory, store } = await open()
    const id = newClipId()
    await store.put(newClipId(), inChunks(bytes))
    await rm(directory, { recursive: true })
    expect(await listAll(store)).toEqual([])
    expect(await store.read(id)).toBeNull()
    await store.put(id, inChunks(bytes))
    expect(await readAll(store, id)).toEqual(bytes)
  })

  it('opens a clip only when its bytes are read, and closes it when that ends or is given up', async () => {
    const { directory, store } = await open()
    const id = newClipId()
    await store.put(id, inChunks(long))
    const streams = await Promise.all(Array.from({ length: 20 }, () => store.read(id)))
    expect(openFilesBelow(directory).length).toBe(0)
    const [whole, ...others] = streams.map((stream) => stream as NonNullable<typeof stream>)
    await Promise.all(others.slice(10).map((stream) => stream.next()))
    expect(openFilesBelow(directory).length).toBe(9)
    for (let next = await whole?.next(); !next?.done; next = await whole?.next());
    await Promise.all(others.map((stream) => stream.return()))
    await until('closed files', () => openFilesBelow(directory).length === 0)
  })

  it('rescues every byte when its directory is deleted while it writes', async () => {
    const { directory, store } = await open()
    async function* vanishing() {
      yield bytes.subarray(0, 100_000)
      await rm(directory, { recursive: true })
      yield bytes.subarray(100_000)
    }
    const failed = await failedPut(store.put(newClipId(), vanishing()))
    await expectRescue(failed, bytes)
    await failed.discard()
    expect(openFilesBelow(directory).length).toBe(0)
  })

  it('rescues every byte when its directory is moved before the commit', async () => {
    const { directory, store } = await open()
    async function* lastMinute() {
      yield bytes
      await rename(directory, `${directory}-elsewhere`)
    }
    const failed = await failedPut(store.put(newClipId(), lastMinute()))
    await expectRescue(failed, bytes)
    await failed.discard()
    expect(openFilesBelow(path.dirname(directory)).length).toBe(0)
  })

  it('rescues every byte when a file stands where its directory should be', async () => {
    const { directory, store } = await open()
    await writeFile(directory, '')
    const failed = await failedPut(store.put(newClipId(), inChunks(bytes)))
    await expectRescue(failed, bytes)
    await expect(store.check()).rejects.toThrow()
    await rm(directory)
    await store.check()
  })

  it('does not take a failure to read for a missing clip', async () => {
    const { directory, store } = await open()
    const id = newClipId()
    await rm(directory, { recursive: true, force: true })
    await writeFile(directory, '')
    await expect(store.read(id)).rejects.toThrow('ENOTDIR')
    await expect(store.blob(id)).rejects.toThrow()
    await expect(listAll(store)).rejects.toThrow('ENOTDIR')
  })

  it('refuses to rescue more than 64 MiB in memory, and keeps nothing of it', async () => {
    const { directory, store } = await open()
    const mebibyte = Buffer.alloc(1024 ** 2)
    async function* endless() {
      for (let count = 0; count < 100; count += 1) yield mebibyte
    }
    const reserve = () => Promise.reject(new Error('No room'))
    const put = store.put(newClipId(), endless(), { reserve })
    await expect(put).rejects.toThrow(TempAudioError)
    expect(await readdir(directory).catch(() => [])).toEqual([])
  })

  it('deletes unfinished writes that are old, and only those', async () => {
    const { directory, store } = await open()
    const kept = newClipId()
    await store.put(kept, inChunks(bytes))
    const old = path.join(directory, `${newClipId()}.0123456789ab.partial`)
    const young = path.join(directory, `${newClipId()}.0123456789ab.partial`)
    await writeFile(old, 'x')
    await writeFile(young, 'x')
    await writeFile(path.join(directory, 'README'), 'somebody put this here')
    await utimes(old, 1000, 1000)
    await utimes(path.join(directory, kept), 1000, 1000)
    expect(await listAll(store, { removeUnfinishedBefore: 2_000_000 })).toMatchObject([{ id: kept }])
    expect((await readdir(directory)).sort()).toEqual([kept, path.basename(young), 'README'].sort())
  })

  it('does not take a directory for a clip', async () => {
    const { directory, store } = await open()
    await mkdir(path.join(directory, newClipId()), { recursive: true })
    expect(await listAll(store)).toEqual([])
  })

  it('verifies the very file that it reads, though another one takes its place meanwhile', async () => {
    const { store } = await open()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    const read = await store.read(id, undefined, async (_, readAll) => {
      await store.put(id, inChunks(long))
      expect(Buffer.concat(await Array.fromAsync(readAll()))).toEqual(bytes)
    })
    expect(Buffer.concat(await Array.fromAsync(read ?? []))).toEqual(bytes)
  })

  it('keeps no file open for readers that cancel', async () => {
    const { directory, store } = await open()
    const id = newClipId()
    await store.put(id, inChunks(long))
    for (let count = 0; count < 20; count += 1) {
      const unread = await store.read(id)
      await unread?.return()
      const begun = await store.read(id, { start: 10, end: 550_000 })
      await begun?.next()
      await begun?.return()
    }
    await until('all files closed', () => openFilesBelow(directory).length === 0)
  })

  it('keeps no file open after writes that failed', async () => {
    const { directory, store } = await open()
    async function* breaking() {
      yield bytes
      throw new Error('The stream broke')
    }
    await store.put(newClipId(), breaking()).catch(() => {})
    await store.put(newClipId(), inChunks(bytes))
    expect(openFilesBelow(directory).length).toBe(0)
  })

  it.skipIf(lacking(process.getuid?.() !== 0, 'root may write into every folder'))(
    'rescues every byte when it may not write',
    async () => {
      const { directory, store } = await open()
      await mkdir(directory)
      await chmod(directory, 0o555)
      const failed = await failedPut(store.put(newClipId(), inChunks(bytes)))
      await expectRescue(failed, bytes)
      await expect(store.check()).rejects.toThrow('EACCES')
      await chmod(directory, 0o755)
      await store.check()
    },
  )
})

describe.skipIf(lacking(canMount, 'only root on Linux may mount a disk of its own'))(
  'the file system as a store, on a disk of its own',
  () => {
    async function openOn(disk: { directory: string }): Promise<TempAudioStore> {
      return createFilesystemStore({ directory: path.join(disk.directory, 'audio') })
    }

    it('rescues every byte when the disk is full, and works again once there is room', async () => {
      const disk = await smallDisk(256 * 1024)
      const store = await openOn(disk)
      const first = newClipId()
      const second = newClipId()
      await store.put(first, inChunks(bytes))
      const failed = await failedPut(store.put(second, inChunks(bytes)))
      expect(failed.error.message).toContain('ENOSPC')
      await expectRescue(failed, bytes)
      expect(await store.read(second)).toBeNull()
      expect(await readAll(store, first)).toEqual(bytes)
      await failed.discard()
      expect(await readdir(path.join(disk.directory, 'audio'))).toEqual([first])
      await store.delete(first)
      await store.put(second, inChunks(bytes))
      expect(await readAll(store, second)).toEqual(bytes)
    })

    it('says so when it is read-only, rescues every byte, and works again once it is not', async () => {
      const disk = await smallDisk(1024 * 1024)
      const store = await openOn(disk)
      const id = newClipId()
      await store.put(id, inChunks(bytes))
      disk.makeReadOnly()
      await expect(store.check()).rejects.toThrow('EROFS')
      const failed = await failedPut(store.put(newClipId(), inChunks(bytes)))
      expect(failed.error.message).toContain('EROFS')
      await expectRescue(failed, bytes)
      await failed.discard()
      expect(await readAll(store, id)).toEqual(bytes)
      await expect(store.delete(id)).rejects.toThrow('EROFS')
      disk.makeWritable()
      await store.check()
    })
  },
)
