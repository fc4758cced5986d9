import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ReadableStream } from 'node:stream/web'
import { describe, expect, it, vi } from 'vitest'
import { speakLive } from '#lib/clips/live-listener.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { clipAnswer } from '#lib/http/answers/clip.ts'
import { vocalizeAnswer } from '#lib/http/answers/vocalize.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { judge, signingEnvironment, testCertificate } from '../../support/c2pa.ts'
import { independentCid } from '../../support/content-id.ts'
import { speak, testServices } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'

vi.setConfig({ testTimeout: 30_000 })

/** Services that sign, and the file of each clip. */
async function signingServices(environment: Record<string, string> = {}) {
  const world = await testServices({
    clock: systemClock,
    environment: { ...(await signingEnvironment()), ...environment },
  })
  const fileOf = (id: string) => readFile(path.join(world.audioDirectory, id))
  return { ...world, fileOf }
}

const failing = { sign: () => Promise.reject(new Error('The key is lost')) }

describe('with CONTENT_CREDENTIALS', () => {
  it('a clip is signed before its CID is known, and its answers say so', async () => {
    const { services, fileOf, first } = await signingServices()

    const clip = await speak(services)

    const bytes = await fileOf(clip.id)
    expect(clip).toMatchObject({ state: 'stored', sizeBytes: bytes.length, cid: await independentCid(bytes) })
    expect(first.taken.get(clip.cid)).toBe(1)
    const { root } = await testCertificate()
    const verdict = await judge('audio/mpeg', bytes, root)
    expect([verdict.state, verdict.actions[0]?.digitalSourceType.split('/').at(-1)]).toEqual([
      'Trusted',
      'algorithmicMedia',
    ])
    expect(vocalizeAnswer(clip, '').data.contentCredentials).toBe(true)
    const found = await services.catalog.clips.find(clip.id)
    expect(found && clipAnswer({ clip: found, attempts: [] }, '').contentCredentials).toBe(true)
  })

  it('the same speech has the same CID each time it is signed', async () => {
    const { services } = await signingServices()
    const cids = [await speak(services, 'Once more'), await speak(services, 'Once more')].map(
      ({ cid }) => cid,
    )
    expect(cids[1]).toBe(cids[0])
  })

  it('a clip that cannot be signed is kept as it is, says so, and is not paid for twice', async () => {
    const { services, fileOf, lines, speech } = await signingServices()
    let asked = 0
    speech.waitForSlot = () => {
      asked += 1
    }
    const broken = { ...services, credentialSigner: failing }
    const request = { text: 'Kept all the same', voiceId: 'slt' }

    const clip = await vocalizeOnce(broken, request, { requestId: 'request' })
    const again = await vocalizeOnce(broken, request, { requestId: 'request' })

    expect(clip).toMatchObject({ state: 'stored', cid: await independentCid(await fileOf(clip.id)) })
    expect(vocalizeAnswer(clip, '').data).toMatchObject({
      contentCredentials: false,
      warnings: ['The clip could not be signed, and carries no content credentials'],
    })
    expect([again.id, asked]).toEqual([clip.id, 1])
    expect(lines.find(({ msg }) => msg.startsWith('A clip could not be signed'))?.error).toBe(
      'The key is lost',
    )
  })

  it('a clip that was streamed while it was spoken is not signed, and answers nobody who wants a signed one', async () => {
    const { services, fileOf } = await signingServices()
    const request = { text: 'First streamed, then kept', voiceId: 'slt' }
    const spoken = Promise.withResolvers<VocalizedClip>()
    const { audio } = await speakLive((listener) => {
      spoken.resolve(vocalizeOnce(services, request, { requestId: 'request', listener }))
      return spoken.promise
    })
    const heard = Buffer.concat(await Array.fromAsync(audio as AsyncIterable<Uint8Array>))
    const unsigned = await spoken.promise
    expect(heard.equals(await fileOf(unsigned.id))).toBe(true)
    expect(vocalizeAnswer(unsigned, '').data.contentCredentials).toBe(false)

    const signed = await vocalizeOnce(services, request, { requestId: 'request' })
    expect(vocalizeAnswer(signed, '').data.contentCredentials).toBe(true)
    const again = await vocalizeOnce(services, request, { requestId: 'request' })
    expect([again.id, again.isReused]).toEqual([signed.id, true])
  })

  it('a clip that becomes Opus carries none', async () => {
    const { services, speech } = await signingServices({ AUDIO_OPTIMIZE: 'opus' })
    speech.durationMs = 10_000
    const clip = await speak(services)
    expect([clip.mimeType, vocalizeAnswer(clip, '').data.contentCredentials]).toEqual(['audio/ogg', false])
  })
})

describe('what a vendor has marked', () => {
  it('otherwise than by C2PA is kept, and signed as well, once', async () => {
    const { services, speech, fileOf } = await signingServices({ AUDIO_OPTIMIZE: 'opus' })
    const label = Buffer.from('TXXX\0\0\0\x1c\0\0\0AIGC\0{"AIGC":{"Label":"1"}}', 'latin1')
    label[7] = label.length - 10
    const header = Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, label.length])
    const labelled = Buffer.concat([header, label, speechMp3(10_000, 'labelled')])
    speech.facts = { audio: ReadableStream.from([Uint8Array.from(labelled)]) }
    const request = { text: 'Labelled', voiceId: 'slt' }

    const clip = await vocalizeOnce(services, request, { requestId: 'request' })

    expect(vocalizeAnswer(clip, '').data).toMatchObject({ mimeType: 'audio/mpeg', contentCredentials: true })
    expect((await fileOf(clip.id)).includes('{"AIGC":{"Label":"1"}}')).toBe(true)
    const again = await vocalizeOnce(services, request, { requestId: 'request' })
    expect(again.id).toBe(clip.id)
  })

  it('stays as it is with AUDIO_OPTIMIZE=opus and with CONTENT_CREDENTIALS', async () => {
    const signing = await signingServices()
    signing.speech.durationMs = 10_000
    const marked = await signing.fileOf((await speak(signing.services)).id)

    for (const environment of [{ AUDIO_OPTIMIZE: 'opus' }, await signingEnvironment()]) {
      const { services, speech, audioDirectory } = await testServices({ clock: systemClock, environment })
      speech.facts = { audio: ReadableStream.from([Uint8Array.from(marked)]) }
      const clip = await speak(services)
      expect(marked.equals(await readFile(path.join(audioDirectory, clip.id)))).toBe(true)
      expect(vocalizeAnswer(clip, '').data.contentCredentials).toBe(true)
    }
  })
})
