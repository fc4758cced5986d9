import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readBackDue } from '#lib/clips/audit.ts'
import { freeDiskSpace } from '#lib/clips/byte-budget.ts'
import { cleanUp } from '#lib/clips/clean-up.ts'
import { openClip } from '#lib/clips/open-clip.ts'
import { healStore, recover } from '#lib/clips/recover.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { newClipId } from '#lib/model/clip.ts'
import { openBucketWorld } from '../../support/bucket-world.ts'
import { putEmptyCatalog } from '../../support/empty-catalog.ts'
import { speak, waitingClips } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const signal = new AbortController().signal
const audio = speechMp3(100, 'An orphan')

async function putObject({ s3 }: Services, id: string, bytes: Uint8Array) {
  await s3?.bucket.upload(id, Readable.from([bytes]), bytes.length)
}

describe('clean-up of a bucket', () => {
  it('adopts audio without a record once it is old enough', async () => {
    const { services, advance } = await openBucketWorld()
    const id = newClipId()
    await putObject(services, id, audio)
    expect(await cleanUp(services, { signal })).toMatchObject({ adopted: 0 })
    advance(2 * MINUTE_MS)
    expect(await cleanUp(services, { signal })).toMatchObject({ adopted: 1 })
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'staged', sizeBytes: audio.length })
    expect(await openClip(services, id)).toMatchObject({ from: 'here' })
  })

  it('deletes the audio of clips whose bytes were deleted before, and what is no audio', async () => {
    const { services, server, advance } = await openBucketWorld()
    const { id } = await speak(services)
    await services.catalog.clips.markBytesDeleted(id)
    await putObject(services, newClipId(), Buffer.from('no audio at all'))
    advance(2 * MINUTE_MS)
    await cleanUp(services, { signal })
    expect(server.objects()).toEqual([])
  })

  it('deletes the bytes of stored clips that have expired and were read back', async () => {
    const { services, server, advance } = await openBucketWorld()
    await speak(services)
    advance(HOUR_MS)
    expect(await cleanUp(services, { signal })).toMatchObject({ bytesDeleted: 0 })
    await readBackDue(services, { limit: 1, signal })
    expect(await cleanUp(services, { signal })).toMatchObject({ bytesDeleted: 1 })
    expect(server.objects()).toEqual([])
  })

  it('asks the catalog with one query for hundreds of files', async () => {
    const { services } = await openBucketWorld()
    const { id } = await speak(services)
    let asked = 0
    const clips = {
      ...services.catalog.clips,
      find: () => Promise.reject(new Error('One by one')),
      localAmong(ids: string[]) {
        asked += 1
        return services.catalog.clips.localAmong(ids)
      },
    }
    async function* list() {
      for (let count = 0; count < 1200; count += 1) yield { id, sizeBytes: 1, storedAt: 0 }
    }
    const catalog = { ...services.catalog, clips }
    await cleanUp({ ...services, catalog, store: { ...services.store, list } }, { signal })
    expect(asked).toBe(3)
  })
})

describe('the start of a machine with a bucket', () => {
  it('is ready before it has asked the bucket anything', async () => {
    const { services, server } = await openBucketWorld()
    server.requests.length = 0
    await recover(services)
    expect(server.requests).toEqual([])
  })

  it('leaves young audio alone, since other machines are at work', async () => {
    const { services, server } = await openBucketWorld()
    await putObject(services, newClipId(), audio)
    await recover(services)
    await healStore(services, { startedAt: Date.now() })
    expect(await services.catalog.queue.countWaiting(Date.now())).toBe(0)
    expect(server.objects()).toHaveLength(1)
  })

  it('adopts what was in the spool of a process that died', async () => {
    const dead = await openBucketWorld()
    const { server } = dead
    // Its bytes are in the spool, where a process that dies now leaves them.
    server.failWith(503)
    const id = newClipId()
    await dead.services.store.put(id, Readable.from([audio]))
    server.failWith(undefined)
    const next = await openBucketWorld(dead)
    await recover(next.services)
    await healStore(next.services, { startedAt: Date.now() })
    expect(server.objects()).toEqual([`audio/${id}`])
    next.advance(2 * MINUTE_MS)
    expect(await cleanUp(next.services, { signal })).toMatchObject({ adopted: 1 })
    expect(await next.services.catalog.clips.find(id)).toMatchObject({ state: 'staged' })
  })

  it('uploads to the bucket what a dead process had spooled, even where others do the background work', async () => {
    const dead = await openBucketWorld()
    dead.server.failWith(503)
    await dead.services.store.put(newClipId(), Readable.from([audio]))
    dead.server.failWith(undefined)
    const { services } = await openBucketWorld(dead, { BACKGROUND: 'off' })
    // Whose the bucket is was found out before.
    await services.s3?.bucket.open(newClipId())
    dead.server.requests.length = 0
    await healStore(services, { startedAt: Date.now() })
    expect(dead.server.objects()).toHaveLength(1)
    expect(dead.server.requests.map(({ method }) => method)).toEqual(['PUT'])
  })
})

describe('a full disk before a bucket', () => {
  it('is freed of local copies, and no clip leaves the bucket for it', async () => {
    const { services, server, directory, advance } = await openBucketWorld()
    const { id } = await speak(services)
    const copies = path.join(directory, 's3', 'copies')
    expect(await readdir(copies)).toEqual([id])
    advance(6 * MINUTE_MS)
    const diskSpace = { hasSpace: async () => (await readdir(copies)).length === 0 }
    await freeDiskSpace({ ...services, diskSpace }, 1000)
    expect(await readdir(copies)).toEqual([])
    expect(server.objects()).toEqual([`audio/${id}`])
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'stored', hasLocalBytes: true })
  })

  it('counts as full when there is no copy left, while clips stay in the bucket', async () => {
    const { services, server } = await openBucketWorld()
    await speak(services)
    const diskSpace = { hasSpace: async () => false }
    await expect(freeDiskSpace({ ...services, diskSpace }, 1000)).rejects.toThrow('full')
    expect(server.objects()).toHaveLength(1)
  })
})

describe('a text that is spoken while the bucket is down', () => {
  it('has its clip uploaded to IPFS at once', async () => {
    const { services, server, directory } = await openBucketWorld()
    server.failWith(503)
    const clip = await speak(services)
    expect(clip).toMatchObject({ state: 'stored', hasLocalBytes: false })
    server.failWith(undefined)
    expect(server.objects()).toEqual([])
    const spooled = await readdir(path.join(directory, 's3'), { recursive: true, withFileTypes: true })
    expect(spooled.filter((entry) => entry.isFile())).toEqual([])
  })

  it('reaches the bucket once that is back', async () => {
    const { services, server, advance } = await openBucketWorld()
    const [id = ''] = await waitingClips(services, 1)
    advance(6 * MINUTE_MS)
    await services.s3?.store.evictCopies()
    const retry = { limit: 10, trigger: 'admin', dueOnly: false, signal } as const
    server.failWith(503)
    await uploadPending(services, retry)
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'pending', hasLocalBytes: true })
    server.failWith(undefined)
    await uploadPending(services, retry)
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'stored' })
  })

  it('leaves the clips of another catalog alone, and does not say that it is ready', async () => {
    const production = await openBucketWorld()
    const id = newClipId()
    await production.services.store.put(id, Readable.from([audio]))
    const staging = await openBucketWorld({ directory: await otherCatalog(), server: production.server })
    staging.advance(2 * MINUTE_MS)
    await expect(healStore(staging.services, { startedAt: Date.now() })).rejects.toThrow(
      'belongs to another catalog',
    )
    await expect(staging.services.store.check()).rejects.toThrow('belongs to another catalog')
    expect(await staging.services.catalog.clips.find(id)).toBeNull()
    expect((await speak(staging.services)).state).toBe('stored')
    expect(production.server.objects()).toEqual([`audio/${id}`])
  })
})

/** The directory of a catalog that is no copy of that of all tests. */
async function otherCatalog(): Promise<string> {
  const directory = await temporaryDirectory()
  await putEmptyCatalog(directory)
  const database = new DatabaseSync(path.join(directory, 'catalog.sqlite'))
  database.exec("update installation set id = 'staging'")
  database.close()
  return directory
}
