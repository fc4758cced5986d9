import { readdir, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { healStore, recover } from '#lib/clips/recover.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { newClipId } from '#lib/model/clip.ts'
import { hostIdentity } from '#lib/platform/process-identity.ts'
import { testServices, waitingClips } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'

// The highest process id that Linux ever gives is 2^22.
const deadOwner = `${hostIdentity}:${2 ** 22 + 1}:000000000000`
const audio = speechMp3(100, 'Survivor')

/** What a process that died left in the catalog: a clip that was being spoken. */
async function leaveSpeaking({ catalog, clock }: Services, leaseOwner: string) {
  const id = newClipId()
  const now = clock.now()
  const clip = {
    id,
    requestId: 'r',
    characters: 8,
    voiceId: 'slt',
    modelId: null,
    outputFormat: 'mp3_44100_128',
  }
  const times = { createdAt: now, expiresAt: now + 60_000, leaseExpiresAt: now + 60_000 }
  await catalog.clips.reserve({ ...clip, ...times, sizeBytes: 100, leaseOwner }, 1e9)
  return id
}

describe('recovery', () => {
  it('releases the leases of a dead process of this host, and no others', async () => {
    const { services } = await testServices()
    const ids = await waitingClips(services, 3)
    const alive = `${hostIdentity}:${process.ppid}:000000000000`
    const elsewhere = `another-host:${2 ** 22 + 1}:000000000000`
    for (const owner of [deadOwner, alive, elsewhere]) {
      const lease = { owner, expiresAt: services.clock.now() + 60_000 }
      await services.catalog.queue.claim({ limit: 1, now: services.clock.now(), lease, dueOnly: false })
    }
    expect(await recover(services)).toEqual({ adopted: 0, waiting: 1 })
    const owners = await Promise.all(
      ids.map(async (id) => (await services.catalog.clips.find(id))?.leaseOwner),
    )
    expect(owners.toSorted()).toEqual([elsewhere, alive, null].toSorted())
  })

  it('adopts audio whose process died before it was recorded, which then waits for IPFS', async () => {
    const { services, audioDirectory } = await testServices()
    const id = await leaveSpeaking(services, deadOwner)
    await services.store.check()
    await writeFile(path.join(audioDirectory, id), audio)
    expect(await recover(services)).toEqual({ adopted: 1, waiting: 1 })
    expect(await services.catalog.clips.find(id)).toMatchObject({
      state: 'staged',
      cid: expect.stringMatching(/^bafk/),
      sizeBytes: audio.length,
      requestId: 'r',
    })
  })

  it('discards the record of a text of which no audio was kept', async () => {
    const { services } = await testServices()
    const id = await leaveSpeaking(services, deadOwner)
    expect(await recover(services)).toEqual({ adopted: 0, waiting: 0 })
    expect(await services.catalog.clips.find(id)).toBeNull()
  })

  it('leaves a text alone that a living process is speaking', async () => {
    const { services } = await testServices()
    const id = await leaveSpeaking(services, services.leaseOwner)
    expect(await recover(services)).toEqual({ adopted: 0, waiting: 0 })
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'speaking' })
  })

  it('adopts audio whose record was lost once the process is ready, however young it is', async () => {
    const { services, audioDirectory } = await testServices()
    await services.store.check()
    await writeFile(path.join(audioDirectory, newClipId()), audio)
    expect(await recover(services)).toEqual({ adopted: 0, waiting: 0 })
    expect(await healStore(services, { startedAt: Date.now() })).toBe(1)
    expect(await services.catalog.queue.countWaiting(services.clock.now())).toBe(1)
  })

  it('leaves audio without a record alone that is younger than the process, which may be about to record it', async () => {
    const { services, audioDirectory } = await testServices()
    await services.store.check()
    const place = path.join(audioDirectory, newClipId())
    await writeFile(place, audio)
    const startedAt = Date.now()
    await utimes(place, new Date(), new Date(startedAt + 1000))
    expect(await healStore(services, { startedAt })).toBe(0)
    expect(await services.store.blob(path.basename(place))).not.toBeNull()
  })

  it('adopts no more once the process stops', async () => {
    const { services, clock, audioDirectory } = await testServices()
    await services.store.check()
    for (let count = 0; count < 2; count += 1) await writeFile(path.join(audioDirectory, newClipId()), audio)
    const store = {
      ...services.store,
      async blob(id: string) {
        void services.tasks.drain(0)
        return services.store.blob(id)
      },
    }
    const healing = healStore({ ...services, store }, { startedAt: Date.now() })
    expect(await clock.until(healing)).toBe(1)
    expect(await readdir(audioDirectory)).toHaveLength(2)
  })

  it('adopts everything where the whole catalog was lost', async () => {
    const before = await testServices()
    const ids = await waitingClips(before.services, 5)
    await before.services.catalog.close()
    for (const name of await readdir(before.directory)) {
      if (name.startsWith('catalog')) await rm(path.join(before.directory, name))
    }
    const { services, first } = await testServices({ directory: before.directory })
    await recover(services)
    expect(await healStore(services, { startedAt: Date.now() })).toBe(5)
    const signal = new AbortController().signal
    await uploadPending(services, { limit: 100, trigger: 'recovery', signal, dueOnly: false })
    expect(first.taken.size).toBe(5)
    for (const id of ids) expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'stored' })
  })

  it('changes nothing when it runs again', async () => {
    const { services } = await testServices()
    await waitingClips(services, 2)
    expect(await recover(services)).toEqual({ adopted: 0, waiting: 2 })
    expect(await recover(services)).toEqual({ adopted: 0, waiting: 2 })
  })
})
