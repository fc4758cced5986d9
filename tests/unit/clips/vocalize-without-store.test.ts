import { readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { CatalogError } from '#lib/catalog/connection.ts'
import { recover } from '#lib/clips/recover.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import type { Services } from '#lib/context.ts'
import { refused, unavailable } from '../../support/fake-provider.ts'
import { speak, testServices } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'
import { until } from '../../support/until.ts'

const isFull = () => Promise.reject(new CatalogError('The catalog failed: database or disk is full'))

/** The same services with methods of the catalog's clips that fail. */
function failing(services: Services, ...methods: (keyof Services['catalog']['clips'])[]): Services {
  const broken = Object.fromEntries(methods.map((method) => [method, isFull]))
  const clips = { ...services.catalog.clips, ...broken }
  return { ...services, catalog: { ...services.catalog, clips } }
}

/** Resolves once no clip is being saved any more. */
const allSaved = ({ inFlight }: Services) => until('all clips are saved', () => inFlight.rescues.size === 0)

describe('a text that the temporary store cannot take', () => {
  async function withoutStore() {
    const world = await testServices()
    // A file in the place of the directory: nothing can be written.
    await writeFile(world.audioDirectory, '')
    return world
  }

  it('goes straight to IPFS, whole, and is recorded as not held here', async () => {
    const { services, first } = await withoutStore()
    const spoken = speechMp3(100, 'Good morning')
    let uploaded: Buffer | undefined
    first.next(async ({ cid, file }) => {
      uploaded = Buffer.from(await file.arrayBuffer())
      return { cid }
    })
    const clip = await speak(services, 'Good morning')
    expect(clip).toMatchObject({
      state: 'stored',
      provider: 'pinata',
      hasLocalBytes: false,
      sizeBytes: spoken.length,
    })
    expect(uploaded?.equals(spoken)).toBe(true)
    const { leaseExpiresAt, leaseOwner, ...recorded } = clip
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({
      ...recorded,
      attempts: 1,
      leaseOwner: null,
    })
    expect(await services.catalog.attempts.ofClip(clip.id)).toMatchObject([{ outcome: 'stored' }])
    expect(await services.catalog.totals()).toMatchObject({ heldClips: 0, heldBytes: 0 })
  })

  it('is refused where IPFS fails as well, with the errors of each provider and of the store, and kept once the store works', async () => {
    const { services, providers, clock, audioDirectory } = await withoutStore()
    providers[0]?.always(refused())
    providers[1]?.always(unavailable(3_600_000))
    const error = await speak(services).catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'storage_unavailable',
      retryAfterMs: expect.any(Number),
      providers: [
        { provider: 'pinata', attempts: 1, error: 'Answered 401 Unauthorized' },
        { provider: 'kubo', attempts: 1, error: 'Answered 503 Service Unavailable' },
      ],
    })
    expect(error.message).toContain('ENOTDIR')
    expect(error.message).toContain('kubo: Answered 503')
    expect(error.message).not.toContain(audioDirectory)
    const [id = ''] = services.inFlight.rescues.keys()
    expect(error.message).toContain(`It is not lost: it is being saved as clip ${id}`)
    await rm(audioDirectory)
    await clock.advance(2000)
    await allSaved(services)
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'pending', hasLocalBytes: true })
    expect(await readdir(audioDirectory)).toEqual([id])
  })

  it('is uploaded and recorded later where a provider is well before the store is', async () => {
    const { services, providers, first, clock } = await withoutStore()
    for (const provider of providers) provider.always(refused())
    await expect(speak(services)).rejects.toMatchObject({ code: 'storage_unavailable' })
    const [id = ''] = services.inFlight.rescues.keys()
    first.always('store')
    await clock.advance(2000)
    await allSaved(services)
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'stored', hasLocalBytes: false })
  })

  it('is not spoken while another one that was paid for can be kept nowhere', async () => {
    const { services, providers, speech } = await withoutStore()
    for (const provider of providers) provider.always(refused())
    await expect(speak(services)).rejects.toMatchObject({ code: 'storage_unavailable' })
    speech.speaking = new Error('Nobody should have asked')
    await expect(speak(services)).rejects.toMatchObject({ code: 'storage_unavailable' })
    expect(services.inFlight.rescues.size).toBe(1)
  })

  it('is not paid for again by the same request, which gets the clip once it is kept', async () => {
    const { services, providers, clock, speech, audioDirectory } = await withoutStore()
    for (const provider of providers) provider.always(refused())
    const ask = () => vocalizeOnce(services, { text: 'Again', voiceId: 'slt' }, { requestId: 'r' })
    await expect(ask()).rejects.toMatchObject({ code: 'storage_unavailable' })
    speech.speaking = new Error('Nobody should have asked')
    await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining('It is not lost') })
    await rm(audioDirectory)
    await clock.advance(2000)
    await allSaved(services)
    expect(await ask()).toMatchObject({ state: 'pending', isReused: true })
  })

  it('is saved by a last attempt where the process is to stop, long before the next one is due', async () => {
    const { services, providers, clock, audioDirectory } = await withoutStore()
    for (const provider of providers) provider.always(refused())
    await expect(speak(services)).rejects.toMatchObject({ code: 'storage_unavailable' })
    const [id = ''] = services.inFlight.rescues.keys()
    await clock.advance(100_000)
    await rm(audioDirectory)
    const passed = clock.passed()
    await clock.until(services.tasks.drain(20_000))
    expect(clock.passed() - passed).toBe(0)
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'pending', hasLocalBytes: true })
  })

  it('holds up the stop of a process that has the only copy for its grace time, and is reported as lost then', async () => {
    const { services, providers, clock, lines } = await withoutStore()
    for (const provider of providers) provider.always(refused())
    await expect(speak(services)).rejects.toMatchObject({ code: 'storage_unavailable' })
    const [id = ''] = services.inFlight.rescues.keys()
    const passed = clock.passed()
    await clock.until(services.tasks.drain(4000))
    expect(clock.passed() - passed).toBe(4000)
    expect(lines.at(-1)).toMatchObject({ clipId: id, msg: 'A clip is lost with this process' })
  })

  it('is rescued where the store fails in the middle of the speech, and goes straight to IPFS', async () => {
    const { services, speech, audioDirectory } = await testServices()
    speech.durationMs = 20_000
    speech.chunkBytes = 10_000
    speech.beforeChunk = (sizeBytes) =>
      sizeBytes === 80_000 ? rm(audioDirectory, { recursive: true }) : undefined
    const clip = await speak(services)
    expect(clip).toMatchObject({ state: 'stored', hasLocalBytes: false })
    expect(await readdir(audioDirectory).catch(() => [])).toEqual([])
  })
})

describe('a process that may open few files', () => {
  it('speaks no more texts than it can keep, says why, and goes on once it can', async () => {
    const { services, speech } = await testServices()
    const few = { ...services, fileHandles: { free: async () => 30 } }
    const { promise: hold, resolve: goOn } = Promise.withResolvers<void>()
    speech.beforeChunk = () => hold
    const calls = Array.from({ length: 10 }, () => speak(few))
    const refusal = Promise.any(
      calls.map((call) => call.then(() => undefined).catch((error: unknown) => error)),
    )
    await expect(refusal).resolves.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringContaining('ulimit -n'),
      retryAfterMs: expect.any(Number),
    })
    goOn()
    await Promise.allSettled(calls)
    expect(await speak(few)).toMatchObject({ state: 'stored' })
    const none = { ...services, fileHandles: { free: async () => 0 } }
    speech.speaking = new Error('Nobody should have asked')
    await expect(speak(none)).rejects.toMatchObject({ code: 'storage_unavailable' })
  })
})

describe('a text that the catalog cannot take', () => {
  it('goes straight to IPFS while a provider takes it', async () => {
    const { services, first, audioDirectory } = await testServices()
    const clip = await speak(failing(services, 'reserve', 'stage', 'store', 'discard'))
    expect(clip).toMatchObject({ state: 'stored', provider: 'pinata' })
    expect(first.taken.get(clip.cid)).toBe(1)
    expect(await readdir(audioDirectory).catch(() => [])).toEqual([])
  })

  it.each([
    ['reserve', ['reserve', 'stage', 'settle', 'discard']],
    ['settle', ['stage', 'settle']],
  ] as const)('has a permanent URL that needs no record of it where %s fails', async (_, methods) => {
    const { services } = await testServices({ environment: { IPFS_GATEWAY_URL: 'self' } })
    const recorded = await speak(services, 'Good morning')
    expect(recorded.permanentUrl).toMatch(/^\/ipfs\//)
    const { permanentUrl, ipfsHash } = await speak(failing(services, ...methods), 'Good evening')
    expect(permanentUrl).toMatch(new RegExp(`^https://.*/ipfs/${ipfsHash}`))
  })

  it('is refused before it is paid for while no provider can be tried', async () => {
    const { services, speech } = await testServices()
    speech.speaking = new Error('Nobody should have asked')
    const sick = { ...failing(services, 'reserve'), chain: { ...services.chain, canTry: () => false } }
    await expect(speak(sick)).rejects.toMatchObject({ code: 'storage_unavailable' })
  })

  it('goes straight to IPFS where the catalog fails after the reservation, and its bytes stay', async () => {
    const { services, audioDirectory } = await testServices()
    const { id } = await speak(failing(services, 'stage'))
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'stored', hasLocalBytes: true })
    expect(await readdir(audioDirectory)).toEqual([id])
  })

  it('keeps its bytes where not even the upload can be recorded', async () => {
    const { services, audioDirectory } = await testServices()
    const { id } = await speak(failing(services, 'stage', 'settle'))
    expect(await readdir(audioDirectory)).toEqual([id])
  })

  it('stays where IPFS fails as well, and is found by the next process', async () => {
    const { services, providers, directory, audioDirectory, bury } = await testServices()
    for (const provider of providers) provider.always(refused())
    const sick = failing(services, 'stage')
    await expect(speak(sick)).rejects.toMatchObject({ code: 'storage_unavailable' })
    const [id = ''] = services.inFlight.rescues.keys()
    expect(await readdir(audioDirectory)).toEqual([id])
    await services.catalog.queue.release(services.leaseOwner)
    await bury()
    const next = await testServices({ directory })
    expect(await recover(next.services)).toMatchObject({ adopted: 1, waiting: 1 })
    expect(await next.services.catalog.clips.find(id)).toMatchObject({ state: 'staged', voiceId: 'slt' })
  })

  it('stays where IPFS fails as well, and does not hold up the stop of the process', async () => {
    const { services, providers, clock, lines } = await testServices()
    for (const provider of providers) provider.always(refused())
    await expect(speak(failing(services, 'stage'))).rejects.toMatchObject({ code: 'storage_unavailable' })
    const passed = clock.passed()
    await clock.until(services.tasks.drain(20_000))
    expect(clock.passed() - passed).toBe(0)
    expect(lines.at(-1)).toMatchObject({ msg: 'A clip waits for the next start' })
  })

  it('stays where IPFS fails as well, and is recorded once the catalog works', async () => {
    const { services, providers, clock } = await testServices()
    for (const provider of providers) provider.always(refused())
    let isSick = true
    const stage: typeof services.catalog.clips.stage = (...args) =>
      isSick ? isFull() : services.catalog.clips.stage(...args)
    const catalog = { ...services.catalog, clips: { ...services.catalog.clips, stage } }
    await expect(speak({ ...services, catalog })).rejects.toMatchObject({ code: 'storage_unavailable' })
    const [id = ''] = services.inFlight.rescues.keys()
    isSick = false
    await clock.advance(2000)
    await allSaved(services)
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'pending', hasLocalBytes: true })
  })

  it('is refused without the words of the database, which name its server and its user', async () => {
    const { services } = await testServices()
    const sick = { ...failing(services, 'reserve'), chain: { ...services.chain, canTry: () => false } }
    const error = await speak(sick).catch((thrown) => thrown)
    expect(error.message).toContain('catalog: cannot be reached')
    expect(error.message).not.toContain('disk is full')
  })

  it('is spoken again once the catalog works again', async () => {
    const { services, providers, directory, clock } = await testServices({
      environment: { IPFS_RETRY_DELAYS_MS: ',' },
    })
    await services.catalog.check()
    for (const provider of providers) provider.always(refused())
    const neighbour = new DatabaseSync(path.join(directory, 'catalog.sqlite'))
    neighbour.exec('BEGIN EXCLUSIVE')
    await expect(speak(services)).rejects.toMatchObject({ code: 'storage_unavailable' })
    neighbour.exec('ROLLBACK')
    neighbour.close()
    expect(await clock.until(speak(services))).toMatchObject({ state: 'pending' })
  })
})

describe('the byte budget', () => {
  const textOf = (characters: number, letter: string) => letter.repeat(characters)
  // A text of 20 characters is expected to take a second: 16,000 bytes at 128 kbit/s.
  const tight = () => testServices({ environment: { TEMP_AUDIO_MAX_BYTES: '20000' } })

  it('evicts clips that IPFS has before it refuses, and then says that it is full', async () => {
    const { services, providers, first, speech } = await tight()
    speech.durationMs = 1000
    const stored = await speak(services, textOf(20, 'a'))
    expect(stored.state).toBe('stored')
    for (const provider of providers) provider.always(refused())
    const waiting = await speak(services, textOf(20, 'b'))
    expect(waiting.state).toBe('pending')
    expect(await services.catalog.clips.find(stored.id)).toMatchObject({
      state: 'stored',
      hasLocalBytes: false,
    })
    expect(await services.store.blob(stored.id)).toBeNull()
    await expect(speak(services, textOf(40, 'c'))).rejects.toMatchObject({ code: 'temp_storage_full' })
    expect(await services.store.blob(waiting.id)).not.toBeNull()
    expect(first.uploads).toHaveLength(2)
  })

  it('evicts nothing for a clip that is larger than the whole budget', async () => {
    const { services } = await tight()
    const { id } = await speak(services, textOf(20, 'a'))
    await expect(speak(services, textOf(30, 'b'))).rejects.toMatchObject({ code: 'temp_storage_full' })
    expect(await services.catalog.clips.find(id)).toMatchObject({ hasLocalBytes: true })
  })

  it('is asked for more while a clip becomes larger than expected', async () => {
    const { services, speech } = await testServices()
    speech.durationMs = 3000
    const clip = await speak(services, 'Short')
    expect(clip.sizeBytes).toBeGreaterThan(20_000)
    expect(await services.catalog.totals()).toMatchObject({ heldBytes: clip.sizeBytes })
  })

  it('sends a clip that becomes too large for it straight to IPFS', async () => {
    const { services, speech } = await tight()
    speech.durationMs = 3000
    expect(await speak(services, 'Short')).toMatchObject({ state: 'stored', hasLocalBytes: false })
    expect(await services.catalog.totals()).toMatchObject({ heldBytes: 0 })
  })

  it('is not exceeded when many texts come at once', async () => {
    const maxBytes = 60_000
    const { services, audioDirectory } = await testServices({
      environment: { TEMP_AUDIO_MAX_BYTES: `${maxBytes}` },
    })
    const nobody = { ...services, chain: { ...services.chain, canTry: () => false } }
    const calls = Array.from({ length: 12 }, (_, index) => speak(nobody, textOf(20, `${index % 10}`)))
    const outcomes = await Promise.allSettled(calls)
    const refusals = outcomes.filter(({ status }) => status === 'rejected')
    expect(refusals.length).toBeGreaterThan(0)
    for (const { reason } of refusals as PromiseRejectedResult[])
      expect(reason.code).toBe('temp_storage_full')
    const { heldBytes, heldClips } = await services.catalog.totals()
    expect(heldBytes).toBeLessThanOrEqual(maxBytes)
    expect(await readdir(audioDirectory)).toHaveLength(heldClips)
  })

  it('does not fail where the store cannot delete', async () => {
    const { services, speech } = await tight()
    speech.durationMs = 1000
    await speak(services, textOf(20, 'a'))
    const store = {
      ...services.store,
      delete: () => Promise.reject(new Error('EROFS: read-only file system')),
    }
    const full = { ...services, store }
    await expect(speak(full, textOf(20, 'b'))).rejects.toMatchObject({ code: 'temp_storage_full' })
  })
})
