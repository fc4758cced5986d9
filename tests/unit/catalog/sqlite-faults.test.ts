import { copyFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { CatalogError } from '#lib/catalog/connection.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { lacking } from '../../support/lacking.ts'
import { canMount, smallDisk } from '../../support/small-disk.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { newClip, noLimit, waitingClip } from './catalog-subject.ts'

async function open(directory?: string) {
  const file = path.join(directory ?? (await temporaryDirectory()), 'catalog.sqlite')
  const catalog = createCatalog(sqliteFile(file))
  onTestFinished(() => catalog.close())
  return { catalog, file }
}

/** Another process, as far as SQLite can tell. */
function neighbour(file: string) {
  const database = new DatabaseSync(file)
  onTestFinished(() => {
    if (database.isOpen) database.close()
  })
  return database
}

describe('the catalog in SQLite', () => {
  it('waits its turn while another process writes, and lets the event loop go on', async () => {
    const { catalog, file } = await open()
    await catalog.check()
    const other = neighbour(file)
    other.exec('BEGIN EXCLUSIVE')
    let isDone = false
    const reserved = catalog.clips.reserve(newClip(), noLimit).finally(() => {
      isDone = true
    })
    // A hundred turns of the event loop, far fewer than the catalog goes on trying for.
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate)
    expect(isDone).toBe(false)
    other.exec('COMMIT')
    expect(await reserved).toBe(true)
  })

  it('fails while another process keeps its lock, and works again once it is free', async () => {
    const { catalog, file } = await open()
    const { id } = await waitingClip(catalog)
    const other = neighbour(file)
    other.exec('BEGIN EXCLUSIVE')
    const writes = [1, 2, 3].map(() => catalog.clips.reserve(newClip(), noLimit))
    expect(await catalog.clips.find(id)).toMatchObject({ id })
    let longestPauseMs = 0
    const watch = async () => {
      for (let last = performance.now(); ; last = performance.now()) {
        await sleep(1, undefined, { signal: over.signal })
        longestPauseMs = Math.max(longestPauseMs, performance.now() - last)
      }
    }
    const over = new AbortController()
    const watching = watch().catch(() => {})
    for (const outcome of await Promise.allSettled(writes)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(CatalogError) })
      expect(String((outcome as PromiseRejectedResult).reason)).toContain('database is locked')
    }
    over.abort()
    await watching
    expect(longestPauseMs).toBeLessThan(1500)
    other.exec('ROLLBACK')
    expect(await catalog.clips.reserve(newClip(), noLimit)).toBe(true)
  })

  it('begins a new file where its own was deleted, for all callers at once', async () => {
    const { catalog, file } = await open()
    const { id } = await waitingClip(catalog)
    await rm(path.dirname(file), { recursive: true })
    const found = await Promise.all(Array.from({ length: 20 }, () => catalog.clips.find(id)))
    expect(found).toEqual(Array(20).fill(null))
    await waitingClip(catalog)
    expect((await stat(file)).isFile()).toBe(true)
  })

  it('goes on with another file that was put in its place', async () => {
    const { catalog, file } = await open()
    const backup = await open()
    const { id } = await waitingClip(backup.catalog)
    await backup.catalog.close()
    await waitingClip(catalog)
    // As an operator would restore it, with the service running.
    await rm(`${file}-wal`)
    await rm(`${file}-shm`)
    await rename(backup.file, file)
    expect(await catalog.clips.find(id)).toMatchObject({ id })
    expect(await catalog.queue.countWaiting(Number.MAX_SAFE_INTEGER)).toBe(1)
  })

  it('fails while its file is damaged, and works again once it is repaired', async () => {
    const { catalog, file } = await open()
    const { id } = await waitingClip(catalog)
    await catalog.close()
    const { size } = await stat(file)
    await copyFile(file, `${file}.good`)
    await writeFile(file, 'x'.repeat(size))
    for (let again = 0; again < 2; again += 1) {
      await expect(catalog.clips.find(id)).rejects.toThrow(CatalogError)
      await expect(catalog.check()).rejects.toThrow('file is not a database')
    }
    await copyFile(`${file}.good`, file)
    expect(await catalog.clips.find(id)).toMatchObject({ id })
  })

  it('recovers from damage that comes while it is open', async () => {
    const { catalog, file } = await open()
    for (let count = 0; count < 50; count += 1) await waitingClip(catalog)
    await catalog.close()
    await catalog.check()
    await copyFile(file, `${file}.good`)
    await truncate(file, 4096)
    await expect(catalog.queue.claim(everything)).rejects.toThrow(CatalogError)
    await rm(`${file}-wal`, { force: true })
    await rm(`${file}-shm`, { force: true })
    await rename(`${file}.good`, file)
    expect(await catalog.queue.claim(everything)).toHaveLength(50)
  })

  it('fails while its folder cannot be made, and works once it can', async () => {
    const directory = await temporaryDirectory()
    const blocked = path.join(directory, 'data')
    await writeFile(blocked, '')
    const { catalog } = await open(blocked)
    await expect(catalog.check()).rejects.toThrow(CatalogError)
    await rm(blocked)
    await catalog.check()
  })

  it('rolls back whatever fails half-way', async () => {
    const { catalog } = await open()
    await catalog.check()
    const nameless = { ...newClip(), voiceId: null } as unknown as ReturnType<typeof newClip>
    await expect(catalog.clips.reserve(nameless, noLimit)).rejects.toThrow('NOT NULL')
    await catalog.clips.reserve(newClip(), noLimit)
    expect(await catalog.totals()).toMatchObject({ heldClips: 1 })
  })

  it.skipIf(lacking(canMount, 'only root on Linux may mount a disk of its own'))(
    'fails while the disk is full, and works again once there is space',
    async () => {
      const disk = await smallDisk(1024 * 1024)
      const { catalog } = await open(disk.directory)
      const filler = path.join(disk.directory, 'filler')
      const first = await waitingClip(catalog)
      await writeFile(filler, Buffer.alloc(1024 * 1024)).catch(() => {})
      const failure = await failureOf(async () => {
        for (let count = 0; count < 200; count += 1) await waitingClip(catalog)
      })
      expect(String(failure)).toMatch(/full|disk I\/O/)
      expect(await catalog.clips.find(first.id)).toMatchObject({ id: first.id })
      await rm(filler)
      const { id } = await waitingClip(catalog)
      expect(await catalog.clips.find(id)).toMatchObject({ id })
    },
  )

  it.skipIf(lacking(canMount, 'only root on Linux may mount a disk of its own'))(
    'fails while the disk is read-only, and works again once it is not',
    async () => {
      const disk = await smallDisk(4 * 1024 * 1024)
      const { catalog } = await open(disk.directory)
      await waitingClip(catalog)
      await catalog.close()
      disk.makeReadOnly()
      await expect(catalog.check()).rejects.toThrow(CatalogError)
      disk.makeWritable()
      await catalog.check()
      expect(await catalog.queue.claim(everything)).toHaveLength(1)
    },
  )
})

const everything = {
  limit: 100,
  now: Number.MAX_SAFE_INTEGER,
  lease: { owner: 'me', expiresAt: Number.MAX_SAFE_INTEGER },
  dueOnly: false,
}

async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => undefined,
    (error) => error,
  )
}
