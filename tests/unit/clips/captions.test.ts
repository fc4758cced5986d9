import { describe, expect, it } from 'vitest'
import { asCaptionsJson } from '#lib/captions/json.ts'
import { asWebVtt } from '#lib/captions/webvtt.ts'
import { CatalogError } from '#lib/catalog/connection.ts'
import { fileDueCaptions } from '#lib/clips/file-captions.ts'
import { readCaptions } from '#lib/clips/read-captions.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { readClip } from '#lib/clips/watch-clip.ts'
import { newClipId } from '#lib/model/clip.ts'
import { independentCid } from '../../support/content-id.ts'
import { refused } from '../../support/fake-provider.ts'
import { FakeSpeech } from '../../support/fake-speech.ts'
import { speak, type TestServices, testServices } from '../../support/services.ts'

const HOUR_MS = 3_600_000

const text = 'Hello there, you.'
const timestamps = true

function timedServices({ hasTimestamps = true } = {}): Promise<TestServices> {
  const speech = new FakeSpeech()
  speech.hasTimestamps = hasTimestamps
  speech.durationMs = 1000
  return testServices({ speech })
}

const speakTimed = ({ services, clock }: TestServices) => clock.until(speak(services, text, { timestamps }))

async function uploadFiles({ services, clock }: TestServices) {
  await fileDueCaptions(services, { limit: 10 })
  const { signal } = services.tasks
  await clock.until(uploadPending(services, { limit: 10, trigger: 'timer', signal, dueOnly: true }))
}

describe('a clip that is asked for with timestamps', () => {
  it('has captions, which IPFS gets under their own CID once it has the clip', async () => {
    const world = await timedServices()
    const { services, first } = world
    const clip = await speakTimed(world)
    const { alignment } = await readCaptions(services, clip.id)
    expect(asCaptionsJson(alignment).words.map((word) => word.text)).toEqual(['Hello', 'there,', 'you.'])
    expect(clip.captionsCid).toBe(await independentCid(Buffer.from(asWebVtt(alignment))))
    expect(clip.speech?.warnings).toBeUndefined()

    await uploadFiles(world)
    expect(first.uploads).toEqual([clip.cid, clip.captionsCid])
    expect((await readClip(services, clip.id))?.captionsFile).toMatchObject({
      state: 'stored',
      permanentUrl: expect.stringMatching(/^https:\/\/pinata.test\/ipfs\/bafk.*\?filename=.*\.vtt$/),
    })
  })

  it('that no provider takes has its captions all the same, and IPFS gets none before it gets the clip', async () => {
    const world = await timedServices()
    const { services, providers, first } = world
    for (const provider of providers) provider.always(refused())
    const clip = await speakTimed(world)
    await fileDueCaptions(services, { limit: 10 })
    expect((await readCaptions(services, clip.id)).alignment.text).toBe(text)
    expect(new Set(first.uploads)).toEqual(new Set([clip.cid]))
  })

  it('has them on IPFS at last where a provider refuses them for longer than they are kept', async () => {
    const world = await timedServices()
    const { services, providers, clock, first } = world
    const clip = await speakTimed(world)
    for (const provider of providers) provider.always(refused())
    await uploadFiles(world)
    const file = (await readClip(services, clip.id))?.captionsFile
    await services.catalog.clips.expire(file?.id ?? '', { error: 'late', now: clock.now() + HOUR_MS })
    for (const provider of providers) provider.always('store')
    services.chain.resetCoolDowns()
    await fileDueCaptions(services, { limit: 10 })
    await uploadFiles(world)
    expect(first.taken.has(clip.captionsCid ?? '')).toBe(true)
  })

  it('is stored where its captions can be kept nowhere, and gets them with its record', async () => {
    const world = await timedServices()
    const { services } = world
    let failures = 1
    const captions = {
      ...services.catalog.captions,
      keep: (...kept: Parameters<typeof services.catalog.captions.keep>) =>
        failures-- > 0 ? Promise.reject(new CatalogError('locked')) : services.catalog.captions.keep(...kept),
    }
    const flawed = { ...world, services: { ...services, catalog: { ...services.catalog, captions } } }
    const clip = await speakTimed(flawed)
    expect(clip).toMatchObject({ state: 'stored', captionsCid: expect.any(String) })
    failures = 99
    expect(await speakTimed(flawed)).toMatchObject({ state: 'stored', captionsCid: null })
  })

  it('has none, and says so, where the voice has no times', async () => {
    const world = await timedServices({ hasTimestamps: false })
    const clip = await speakTimed(world)
    expect(clip.captionsCid).toBeNull()
    expect(clip.speech?.warnings).toEqual([expect.stringContaining('no captions')])
    await expect(readCaptions(world.services, clip.id)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('"timestamps": true'),
    })
    await expect(readCaptions(world.services, newClipId())).rejects.toMatchObject({ code: 'not_found' })
  })

  it('that has expired has none any more', async () => {
    const world = await timedServices()
    const { services, providers, clock } = world
    for (const provider of providers) provider.always(refused())
    const { id } = await speakTimed(world)
    await services.catalog.clips.expire(id, { error: 'late', now: clock.now() + 2 * HOUR_MS })
    await expect(readCaptions(services, id)).rejects.toMatchObject({ code: 'expired' })
  })
})

describe('a request that was spoken before', () => {
  const ask = ({ services, clock }: TestServices, more: object = {}) =>
    clock.until(vocalizeOnce(services, { text, voiceId: 'slt', ...more }, { requestId: 'r' }))

  it('gets the clip with captions, whether or not it asks for them', async () => {
    const world = await timedServices()
    const first = await ask(world, { timestamps })
    expect(await ask(world)).toMatchObject({ id: first.id, isReused: true })
    expect(await ask(world, { timestamps })).toMatchObject({ id: first.id, captionsCid: first.captionsCid })
  })

  it('is spoken once more where it asks for captions and the clip has none', async () => {
    const world = await timedServices()
    const first = await ask(world)
    const second = await ask(world, { timestamps })
    expect(second).toMatchObject({ captionsCid: expect.any(String) })
    expect(second.id).not.toBe(first.id)
    expect(await ask(world, { timestamps })).toMatchObject({ id: second.id, isReused: true })
    expect(await ask(world)).toMatchObject({ id: first.id, isReused: true })
  })

  it('is not spoken once more for captions that the voice does not have, which the answer says', async () => {
    const world = await timedServices({ hasTimestamps: false })
    const first = await ask(world)
    expect(first.speech?.warnings).toBeUndefined()
    for (let time = 0; time < 2; time++) {
      expect(await ask(world, { timestamps })).toMatchObject({
        id: first.id,
        isReused: true,
        speech: { warnings: [expect.stringContaining('no captions')] },
      })
    }
  })

  it('is spoken once more only once where the voice gave no times that can be true', async () => {
    const world = await timedServices()
    world.speech.facts = { alignment: Promise.resolve(undefined) }
    const [first, second, third] = [
      await ask(world, { timestamps }),
      await ask(world, { timestamps }),
      await ask(world, { timestamps }),
    ]
    expect(first?.speech?.warnings).toHaveLength(1)
    expect(second?.id).not.toBe(first?.id)
    expect(third).toMatchObject({ id: second?.id, isReused: true })
  })
})
