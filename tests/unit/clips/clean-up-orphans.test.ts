import { readdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type CleanUpResult, cleanUp } from '#lib/clips/clean-up.ts'
import { healOrphans } from '#lib/clips/heal-orphans.ts'
import { openClip } from '#lib/clips/open-clip.ts'
import { newClipId } from '#lib/model/clip.ts'
import { readBack, speak, type TestServices, testServices, waitingClips } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'

const HOUR_MS = 3_600_000
const signal = new AbortController().signal
const nothing: CleanUpResult = {
  saved: 0,
  expired: 0,
  bytesDeleted: 0,
  adopted: 0,
  prunedAttempts: 0,
  prunedRecords: 0,
}

function clean({ services, clock }: TestServices) {
  return clock.until(cleanUp(services, { signal }))
}

/** Writes a file into the store that the service knows nothing of, as old as a crash would leave it. */
async function putFile(
  { audioDirectory, clock }: TestServices,
  name: string,
  bytes: Uint8Array,
  ageMs = 120_000,
) {
  const file = path.join(audioDirectory, name)
  await writeFile(file, bytes)
  const seconds = (clock.now() - ageMs) / 1000
  await utimes(file, seconds, seconds)
}

describe('clean-up of files and records that do not match', () => {
  const audio = speechMp3(100, 'An orphan')

  it('adopts audio without a record, which then reaches IPFS', async () => {
    const world = await testServices()
    await world.services.store.check()
    const id = newClipId()
    await putFile(world, id, audio)
    expect(await clean(world)).toEqual({ ...nothing, adopted: 1 })
    const clip = await world.services.catalog.clips.find(id)
    expect(clip).toMatchObject({ state: 'staged', sizeBytes: audio.length, mimeType: 'audio/mpeg' })
    expect(await openClip(world.services, id)).toMatchObject({ from: 'here' })
    expect(await world.services.catalog.queue.countWaiting(world.clock.now())).toBe(1)
  })

  it('looks at no file that a record names, whether its clip waits or is stored', async () => {
    const world = await testServices()
    await waitingClips(world.services, 2)
    for (let count = 0; count < 3; count += 1) await speak(world.services)
    await readBack(world)
    const orphan = newClipId()
    await putFile(world, orphan, audio)
    const { store } = world.services
    const listed: string[] = []
    const services = {
      ...world.services,
      store: {
        ...store,
        async *list(options: Parameters<typeof store.list>[0]) {
          for await (const file of store.list(options)) {
            listed.push(file.id)
            yield file
          }
        },
      },
    }
    await world.clock.until(healOrphans(services))
    expect(listed).toEqual([orphan])
  })

  it('leaves a file alone while it is too young to have lost its record', async () => {
    const world = await testServices()
    await world.services.store.check()
    await putFile(world, newClipId(), audio, 30_000)
    expect(await clean(world)).toEqual(nothing)
  })

  it('deletes a file without a record that is no audio', async () => {
    const world = await testServices()
    await world.services.store.check()
    await putFile(world, newClipId(), Buffer.from('no audio at all'))
    expect(await clean(world)).toEqual(nothing)
    expect(await readdir(world.audioDirectory)).toEqual([])
  })

  it('deletes a file whose bytes were recorded as deleted', async () => {
    const world = await testServices()
    const { id } = await speak(world.services)
    await world.clock.advance(HOUR_MS)
    await readBack(world)
    await clean(world)
    await putFile(world, id, audio)
    await clean(world)
    expect(await readdir(world.audioDirectory)).toEqual([])
  })

  it('deletes unfinished writes that are older than an hour, and touches no other file', async () => {
    const world = await testServices()
    await world.services.store.check()
    const broken = `${newClipId()}.0123456789ab.partial`
    await putFile(world, broken, audio, HOUR_MS + 1000)
    await putFile(world, `${newClipId()}.0123456789ab.partial`, audio, HOUR_MS - 1000)
    await putFile(world, 'README', audio, HOUR_MS + 1000)
    await clean(world)
    const left = await readdir(world.audioDirectory)
    expect(left).toHaveLength(2)
    expect(left).not.toContain(broken)
  })

  it('records that the bytes of a stored clip are not here when its file is gone', async () => {
    const world = await testServices()
    const [stored, [waiting = '']] = [await speak(world.services), await waitingClips(world.services, 1)]
    for (const id of [stored.id, waiting]) await world.services.store.delete(id)
    expect(await clean(world)).toEqual(nothing)
    expect(await openClip(world.services, stored.id)).toMatchObject({ from: 'ipfs' })
    expect(await world.services.catalog.clips.find(waiting)).toMatchObject({
      state: 'pending',
      hasLocalBytes: true,
    })
  })

  it('goes on where one file cannot be read', async () => {
    const world = await testServices()
    await world.services.store.check()
    const [unreadable, readable] = [newClipId(), newClipId()]
    for (const id of [unreadable, readable]) await putFile(world, id, audio)
    const store = {
      ...world.services.store,
      blob: (id: string) =>
        id === unreadable ? Promise.reject(new Error('EIO: i/o error')) : world.services.store.blob(id),
    }
    const sick = { ...world.services, store }
    expect(await world.clock.until(cleanUp(sick, { signal }))).toEqual({ ...nothing, adopted: 1 })
    expect(world.lines.at(-1)).toMatchObject({ level: 'error', clipId: unreadable })
    expect(await clean(world)).toEqual({ ...nothing, adopted: 1 })
  })

  it.each([1, 2])('keeps a file whose reading fails the time of number %i', async (failsAt) => {
    const world = await testServices()
    await world.services.store.check()
    await putFile(world, newClipId(), audio)
    let reads = 0
    const store = {
      ...world.services.store,
      async blob(id: string) {
        const file = (await world.services.store.blob(id)) as Blob
        const slice = file.slice.bind(file)
        const sick = { arrayBuffer: () => Promise.reject(new Error('EIO: i/o error')) } as Blob
        return Object.assign(slice(), {
          slice: (...range: number[]) => (++reads === failsAt ? sick : slice(...range)),
        })
      },
    }
    const sick = { ...world.services, store }
    expect(await world.clock.until(cleanUp(sick, { signal }))).toEqual(nothing)
    expect(world.lines.at(-1)).toMatchObject({ level: 'error', error: expect.stringContaining('EIO') })
    expect(await clean(world)).toEqual({ ...nothing, adopted: 1 })
  })

  it('adopts each file once when two services clean up at the same time', async () => {
    const world = await testServices()
    const other = await testServices({ directory: world.directory, clock: world.clock })
    await world.services.store.check()
    const ids = Array.from({ length: 10 }, newClipId)
    for (const id of ids) await putFile(world, id, audio)
    const results = await Promise.all([world, other].map(({ services }) => cleanUp(services, { signal })))
    expect(results.reduce((sum, { adopted }) => sum + adopted, 0)).toBe(10)
    expect(await world.services.catalog.queue.countWaiting(world.clock.now())).toBe(10)
  })
})
