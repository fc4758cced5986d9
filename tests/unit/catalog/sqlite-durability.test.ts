import { copyFile, readFile } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { CatalogError, createDatabase } from '#lib/catalog/connection.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import type { Datasync } from '#lib/catalog/wal-sync.ts'
import { putEmptyCatalog } from '../../support/empty-catalog.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { HUNDRED, NOW, newClip, noLimit, stagedFacts } from './catalog-subject.ts'

async function emptyCatalog() {
  const directory = await temporaryDirectory()
  await putEmptyCatalog(directory)
  return path.join(directory, 'catalog.sqlite')
}

async function open(datasync: Datasync) {
  const file = await emptyCatalog()
  const catalog = createCatalog(sqliteFile(file, { datasync }))
  onTestFinished(() => catalog.close())
  /** A clip that is to be staged. */
  async function reserved(created: Parameters<typeof newClip>[0] = {}) {
    const clip = newClip(created)
    await catalog.clips.reserve(clip, noLimit)
    return clip.id
  }
  return { file, catalog, reserved }
}

it('a durable commit in SQLite does not resolve before its sync, and others are not synced', async () => {
  const held = Promise.withResolvers<void>()
  const datasync = vi.fn(() => held.promise)
  const { catalog, reserved } = await open(datasync)
  const id = await reserved()
  expect(datasync).not.toHaveBeenCalled()
  let isDurable = false
  const staged = catalog.clips.stage(id, stagedFacts()).then(() => {
    isDurable = true
  })
  await vi.waitFor(() => expect(datasync).toHaveBeenCalledOnce())
  await reserved()
  expect(isDurable).toBe(false)
  held.resolve()
  await staged
  expect(datasync).toHaveBeenCalledOnce()
})

it('a hundred durable commits of SQLite share few syncs', async () => {
  const datasync = vi.fn<Datasync>((log) => log.datasync())
  const { catalog, reserved } = await open(datasync)
  const ids = await Promise.all(HUNDRED.map(() => reserved()))
  const staged = await Promise.all(ids.map((id) => catalog.clips.stage(id, stagedFacts())))
  expect(staged.map((clip) => clip?.state)).toEqual(ids.map(() => 'staged'))
  expect(datasync.mock.calls.length).toBeLessThan(50)
})

it('what was durable in SQLite is there after the power has failed, however often its log has begun anew', async () => {
  // A disk that has, after its power failed, what was synced and nothing else.
  const disk = path.join(await temporaryDirectory(), 'catalog.sqlite')
  const beginnings = new Set<string>()
  const { file, catalog, reserved } = await open(async () => {
    for (const suffix of ['', '-wal']) await copyFile(file + suffix, disk + suffix)
  })
  const durable = new Set<string>()
  const metadata = { note: 'x'.repeat(40_000) }
  for (let round = 0; round < 8; round += 1) {
    const ids = await Promise.all(HUNDRED.slice(0, 20).map(() => reserved({ metadata })))
    await Promise.all(
      ids.map(async (id) => {
        await catalog.clips.stage(id, stagedFacts())
        durable.add(id)
      }),
    )
    const after = path.join(await temporaryDirectory(), 'catalog.sqlite')
    for (const suffix of ['', '-wal']) await copyFile(disk + suffix, after + suffix)
    const database = new DatabaseSync(after)
    const rows = database.prepare("select id from clips where state = 'staged'").all()
    database.close()
    // The two salts, which change each time the log begins anew: https://sqlite.org/fileformat2.html#walformat
    beginnings.add((await readFile(`${disk}-wal`)).subarray(16, 24).toString('hex'))
    expect(new Set(rows.map(({ id }) => id))).toEqual(durable)
  }
  expect(beginnings.size).toBeGreaterThan(1)
})

it('a sync of SQLite that fails fails the commit, and no other is believed on that connection', async () => {
  let fails = true
  const datasync = vi.fn(async () => {
    if (fails) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
  })
  const { catalog, reserved } = await open(datasync)
  const ids = await Promise.all([reserved(), reserved()])
  const outcomes = await Promise.allSettled(ids.map((id) => catalog.clips.stage(id, stagedFacts())))
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(CatalogError) })
    expect(String((outcome as PromiseRejectedResult).reason)).toContain('EIO')
  }
  fails = false
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  onTestFinished(() => prepare.mockRestore())
  await catalog.sync()
  // By a new connection, which has prepared everything anew.
  expect(prepare.mock.calls.flat()).toContain('begin immediate')
  expect(await catalog.clips.find(ids[0] as string)).toMatchObject({ state: 'staged' })
})

it('a connection whose sync has failed syncs nothing more, since the system may say that all is well', async () => {
  const datasync = vi.fn(() => Promise.reject(new Error('EIO')))
  const connection = await sqliteFile(await emptyCatalog(), { datasync }).open()
  onTestFinished(() => connection.db.destroy())
  for (let time = 0; time < 2; time += 1) {
    await expect(connection.durably(async () => {})).rejects.toThrow('EIO')
  }
  expect(datasync).toHaveBeenCalledOnce()
})

it('a durable transaction of SQLite whose work fails is undone, and not synced', async () => {
  const datasync = vi.fn(async () => {})
  const database = createDatabase(sqliteFile(await emptyCatalog(), { datasync }))
  onTestFinished(() => database.close())
  await expect(
    database.durably(async (db) => {
      await db.insertInto('endedSessions').values({ id: 'x', endsAt: 1 }).execute()
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(await database.read((db) => db.selectFrom('endedSessions').selectAll().execute())).toEqual([])
  expect(datasync).not.toHaveBeenCalled()
})

it('SQLite prepares a statement once, however often it is run', async () => {
  const { catalog, reserved } = await open((log) => log.datasync())
  const id = await reserved()
  await catalog.clips.find(id)
  await catalog.replications.want(2, NOW, id)
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  onTestFinished(() => prepare.mockRestore())
  for (let time = 1; time <= 10; time += 1) {
    expect(await catalog.clips.find(id)).toMatchObject({ id })
    await catalog.replications.want(2, NOW + time, id)
  }
  expect(prepare).not.toHaveBeenCalled()
})
