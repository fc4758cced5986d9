import { readdir } from 'node:fs/promises'
import { ReadableStream } from 'node:stream/web'
import { describe, expect, it } from 'vitest'
import { CatalogError } from '#lib/catalog/connection.ts'
import type { Services } from '#lib/context.ts'
import { clipAnswer } from '#lib/http/answers/clip.ts'
import { vocalizeAnswer } from '#lib/http/answers/vocalize.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import type { Clip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { FakeProvider, refused, unavailable } from '../../support/fake-provider.ts'
import { speak, type TestServices, testServices } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'

const DEADLINE_MS = 10_000
const messagesOf = ({ lines }: TestServices) => lines.map(({ msg }) => msg)
const failAll = ({ providers }: TestServices, behaviour = refused()) => {
  for (const provider of providers) provider.always(behaviour)
}

describe('a text that reaches IPFS at once', () => {
  it('is answered with its permanent URL', async () => {
    const world = await testServices()
    const clip = await speak(world.services)
    expect(clip).toMatchObject({
      state: 'stored',
      provider: 'pinata',
      ipfsHash: clip.cid,
      mimeType: 'audio/mpeg',
      hasLocalBytes: true,
      permanentUrl: `https://pinata.test/ipfs/${clip.cid}?filename=${clip.id}.mp3`,
    })
    expect(clip.durationMs).toBeGreaterThan(50)
    expect(messagesOf(world)).toEqual([`✅ IPFS upload successful: ${clip.cid}`])
    expect(world.lines[0]).toMatchObject({ requestId: clip.requestId, clipId: clip.id })
  })

  it('is spoken, kept and uploaded with the same bytes, which its CID names', async () => {
    const { services, first } = await testServices()
    const spoken = speechMp3(100, 'Good morning')
    let uploaded: Buffer | undefined
    first.next(async ({ cid, file }) => {
      uploaded = Buffer.from(await file.arrayBuffer())
      return { cid }
    })
    const clip = await speak(services, 'Good morning')
    expect(uploaded?.equals(spoken)).toBe(true)
    const kept = await services.store.blob(clip.id)
    expect(Buffer.from(await (kept as Blob).arrayBuffer()).equals(spoken)).toBe(true)
    const { cid } = await computeCid(new Blob([new Uint8Array(spoken)]).stream())
    expect(clip).toMatchObject({ cid, sizeBytes: spoken.length, characters: 12 })
  })

  it('is recorded with its attempts', async () => {
    const { services, first } = await testServices()
    first.next(refused())
    const { id, cid } = await speak(services)
    expect(await services.catalog.clips.find(id)).toMatchObject({
      state: 'stored',
      provider: 'kubo',
      ipfsHash: cid,
      attempts: 2,
      leaseOwner: null,
    })
    expect(await services.catalog.attempts.ofClip(id)).toMatchObject([
      { provider: 'pinata', trigger: 'request', outcome: 'failed', statusCode: 401 },
      { provider: 'kubo', trigger: 'request', outcome: 'stored' },
    ])
  })

  it('is answered, recorded and described with who spoke it and what that voice left out', async () => {
    const { services, speech } = await testServices()
    const facts = {
      spokenBy: { vendor: 'local', voiceId: 'slt', modelId: 'flite' },
      omittedCharacters: ['日'],
      warnings: ['The built-in voice speaks English only; languageCode "ja" has no effect'],
    }
    speech.facts = facts
    const clip = await speak(services)
    expect(vocalizeAnswer(clip, 'https://voice.test').data).toMatchObject(facts)
    const recorded = await services.catalog.clips.find(clip.id)
    expect(recorded?.speech).toEqual({ ...facts, contentCredentials: false })
    expect(clipAnswer({ clip: recorded as Clip, attempts: [] }, '')).toMatchObject(facts)
  })

  it('is durable and recorded before any provider is asked', async () => {
    const { services, first } = await testServices()
    const seen: unknown[] = []
    first.next(async ({ cid, fileName }) => {
      const id = fileName.split('.')[0] as string
      seen.push(await services.catalog.clips.find(id), await services.store.blob(id))
      return { cid }
    })
    await speak(services)
    expect(seen).toEqual([
      expect.objectContaining({ state: 'staged', hasLocalBytes: true }),
      expect.any(Blob),
    ])
  })

  it('expires a whole time to live after it was spoken, however long that took', async () => {
    const { services, clock, speech } = await testServices({ environment: { TEMP_AUDIO_TTL_SECONDS: '10' } })
    speech.beforeChunk = async (sizeBytes) => {
      if (sizeBytes === 0) await clock.sleep(30_000)
    }
    const clip = await clock.until(speak(services))
    expect(clip.expiresAt).toBe(clock.now() + 10_000)
  })
})

describe('a text that does not reach IPFS at once', () => {
  it('is answered as temporary, and its next attempt has a date', async () => {
    const world = await testServices()
    failAll(world)
    const { services, clock } = world
    const clip = await speak(services)
    expect(clip).toMatchObject({ state: 'pending', provider: null, ipfsHash: null, permanentUrl: null })
    const record = await services.catalog.clips.find(clip.id)
    expect(record).toMatchObject({ state: 'pending', failedRounds: 1, attempts: 2, leaseOwner: null })
    expect(record?.nextAttemptAt).toBeGreaterThanOrEqual(clock.now() + 1000)
    expect(messagesOf(world)).toEqual([
      '🚨 All IPFS upload attempts failed',
      `📁 Audio stored temporarily: ${clip.id}`,
      '🔄 Will retry IPFS upload in background',
    ])
  })

  it('is answered at the deadline, while the upload goes on and completes the same clip', async () => {
    const { services, clock, first } = await testServices({ providers: [new FakeProvider('pinata')] })
    first.next(async ({ cid }) => {
      await clock.sleep(25_000)
      first.take(cid)
      return { cid }
    })
    const clip = await clock.until(speak(services))
    expect(clock.passed()).toBe(DEADLINE_MS)
    expect(clip).toMatchObject({ state: 'pending', ipfsHash: null })
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({ state: 'staged' })
    await clock.until(services.tasks.settled())
    expect(clock.passed()).toBe(25_000)
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({ state: 'stored', ipfsHash: clip.cid })
    expect(first.doubles).toBe(0)
  })

  it('is waited for by the first caller alone while all providers hang', async () => {
    const providers = ['pinata', 'kubo', 'filebase'].map((name) => new FakeProvider(name).always('hang'))
    const { services, clock } = await testServices({ providers })
    const waitedMs: number[] = []
    for (let caller = 0; caller < 16; caller += 1) {
      const before = clock.passed()
      await clock.until(speak(services, `Text ${caller}`))
      waitedMs.push(clock.passed() - before)
    }
    expect(waitedMs).toEqual([DEADLINE_MS, ...Array(15).fill(0)])
  })

  it('is stored by the next provider when the first is slow, and by both in the end', async () => {
    const { services, clock, first } = await testServices()
    first.next(async ({ cid }) => {
      await clock.sleep(25_000)
      first.take(cid)
      return { cid }
    })
    const clip = await clock.until(speak(services))
    expect(clock.passed()).toBeLessThan(DEADLINE_MS)
    expect(clip).toMatchObject({ state: 'stored', provider: 'kubo' })
    const pins = async () =>
      (await services.catalog.pins.ofClip(clip.id)).map(({ provider, cid }) => [provider, cid])
    expect(await pins()).toEqual([['kubo', clip.cid]])
    await clock.until(services.tasks.settled())
    expect(await pins()).toEqual([
      ['kubo', clip.cid],
      ['pinata', clip.cid],
    ])
    const attempts = await services.catalog.attempts.ofClip(clip.id)
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['stored', 'stored'])
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({ provider: 'kubo', attempts: 2 })
  })

  it('is answered at once while every breaker is open, and can be claimed by the next round', async () => {
    const world = await testServices()
    const { services, clock, providers } = world
    failAll(world, unavailable(3_600_000))
    await speak(services)
    expect(services.chain.canTry('interactive')).toBe(false)
    const before = { at: clock.passed(), uploads: providers.map(({ uploads }) => uploads.length) }
    const clip = await speak(services)
    expect(clip.state).toBe('pending')
    expect({ at: clock.passed(), uploads: providers.map(({ uploads }) => uploads.length) }).toEqual(before)
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({
      state: 'pending',
      attempts: 0,
      failedRounds: 0,
      leaseOwner: null,
    })
  })

  it('is safe although the catalog fails when its lease is released', async () => {
    const { services } = await testServices()
    const sick = withCatalog(services, {
      queue: { ...services.catalog.queue, release: () => Promise.reject(new CatalogError('locked')) },
    })
    const clip = await speak({ ...sick, chain: { ...services.chain, canTry: () => false } })
    expect(clip.state).toBe('pending')
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({ state: 'staged' })
  })

  it('is answered as stored although the catalog fails to record that', async () => {
    const { services, first, lines } = await testServices()
    const sick = withCatalog(services, {
      clips: { ...services.catalog.clips, store: () => Promise.reject(new CatalogError('locked')) },
    })
    const clip = await speak(sick)
    expect(clip).toMatchObject({ state: 'stored', provider: 'pinata' })
    expect(lines.some(({ level }) => level === 'error')).toBe(true)
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({ state: 'staged' })
    expect(first.taken.get(clip.cid)).toBe(1)
  })
})

describe('a text that is not spoken', () => {
  const broken = new ServiceError('speech_stream_broken', 'The stream broke')

  it.each([
    ['the vendor refuses', broken],
    ['the stream breaks', { breaksAfterBytes: 500, error: broken }],
  ])('leaves nothing behind when %s', async (_, speaking) => {
    const { services, speech, audioDirectory, providers } = await testServices()
    speech.speaking = speaking
    await expect(speak(services)).rejects.toBe(broken)
    expect(await services.catalog.totals()).toMatchObject({ heldClips: 0, waitingClips: 0 })
    expect(await readdir(audioDirectory).catch(() => [])).toEqual([])
    expect(providers.flatMap(({ uploads }) => uploads)).toEqual([])
  })

  it('leaves nothing behind when the vendor answers with something that is no audio', async () => {
    const { services, audioDirectory } = await testServices()
    const answer = async () => ({
      audio: ReadableStream.from([Buffer.from('<!doctype html><title>Sorry</title>')]),
      outputFormat: 'mp3_44100_128',
      spokenBy: { vendor: 'local', voiceId: 'slt', modelId: 'flite' },
    })
    const withVendor = { ...services, speech: { ...services.speech, speak: answer } }
    await expect(speak(withVendor)).rejects.toMatchObject({ code: 'speech_invalid_answer' })
    expect(await services.catalog.totals()).toMatchObject({ heldClips: 0 })
    expect(await readdir(audioDirectory)).toEqual([])
  })
})

function withCatalog(services: Services, parts: Partial<Services['catalog']>): Services {
  return { ...services, catalog: { ...services.catalog, ...parts } }
}
