import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, it, vi } from 'vitest'
import { measureAudio } from '#lib/audio/measure.ts'
import { createTranscoder } from '#lib/audio/opus/transcoder.ts'
import { speakLive } from '#lib/clips/live-listener.ts'
import { recover } from '#lib/clips/recover.ts'
import { vocalize } from '#lib/clips/vocalize.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import type { Services } from '#lib/context.ts'
import { clipAnswer } from '#lib/http/answers/clip.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { TempAudioError } from '#lib/temp-audio/store.ts'
import { independentCid } from '../../support/content-id.ts'
import { speak, testServices } from '../../support/services.ts'
import { expectToBecomeOpus, optimizingServices, withLocalVoice } from './transcode-subject.ts'

vi.setConfig({ testTimeout: 60_000 })

const NEVER = new AbortController().signal

const failingTranscoder = (error: Error) => ({ transcode: () => Promise.reject(error) })

it('with AUDIO_OPTIMIZE=opus a clip becomes Opus: smaller, as long, under its own CID, and its record says what it was', async () => {
  const { services, first, fileOf } = await optimizingServices()

  const clip = await speak(services)

  const bytes = await fileOf(clip.id)
  expect(clip).toMatchObject({ state: 'stored', mimeType: 'audio/ogg', fileExtension: 'opus' })
  expect(clip.sizeBytes).toBe(bytes.length)
  expect(clip.cid).toBe(await independentCid(bytes))
  expect(first.taken.get(clip.cid)).toBe(1)
  expect(await measureAudio(new Blob([bytes]).stream(), '')).toMatchObject({ durationMs: clip.durationMs })
  const found = await services.catalog.clips.find(clip.id)
  if (!found) return expect.unreachable('it has a record')
  const { original } = clipAnswer({ clip: found, attempts: [] }, 'http://localhost')
  expect(original).toMatchObject({ mimeType: 'audio/mpeg' })
  expect(bytes.length).toBeLessThan((original?.bytes ?? 0) * 0.8)
  expect(Math.abs(clip.durationMs - (original?.durationMs ?? 0))).toBeLessThanOrEqual(50)
})

// The other formats: tests/proof/transcode.proof.ts.
it('a clip that was spoken as PCM becomes Opus', () => expectToBecomeOpus('pcm_16000'))

it('a clip stays as it is where it is Opus already, or too short to save a fifth', async () => {
  const { services, speech } = await optimizingServices()
  const request = { text: 'Hello.', voiceId: 'slt', outputFormat: 'opus_48000_192' }

  const opus = await vocalize(withLocalVoice(services), request, { requestId: 'request' })
  speech.durationMs = 100
  const short = await speak(services)

  expect([opus.originalMimeType, short.originalMimeType]).toEqual([null, null])
  expect(short.mimeType).toBe('audio/mpeg')
})

it('no clip is re-encoded without AUDIO_OPTIMIZE', async () => {
  const { services } = await testServices({ clock: systemClock })

  expect(await speak(services)).toMatchObject({ mimeType: 'audio/mpeg', originalMimeType: null })
})

it('a clip stays as it was where the transcoding thread dies or takes too long', async () => {
  const { services, lines, fileOf } = await optimizingServices()
  const transcoderOn = (code: string, timeoutMs: number) =>
    createTranscoder({ clock: systemClock, timeoutMs, startThread: () => new Worker(code, { eval: true }) })
  const listens = "require('node:worker_threads').parentPort.on('message', () => {"

  for (const transcoder of [
    transcoderOn(`${listens} throw new Error('out of memory') })`, 10_000),
    transcoderOn(`${listens} process.exit(1) })`, 10_000),
    transcoderOn(`${listens} for (;;); })`, 300),
  ]) {
    const clip = await speak({ ...services, transcoder })
    expect(clip).toMatchObject({ state: 'stored', mimeType: 'audio/mpeg', originalMimeType: null })
    expect(clip.cid).toBe(await independentCid(await fileOf(clip.id)))
  }
  const warnings = lines.filter(({ msg }) => msg.includes('could not be re-encoded'))
  expect(warnings.map(({ error }) => error)).toEqual([
    'out of memory',
    'The transcoding thread stopped unexpectedly',
    'Re-encoding took too long',
  ])
})

it('Opus that does not last as long as the original is discarded', async () => {
  const { services, lines } = await optimizingServices()
  const other = await readFile(path.join(import.meta.dirname, '../../fixtures/speech.mp3'))
  const transcoder = { transcode: async () => new Blob([other]) }

  const clip = await speak({ ...services, transcoder })

  expect(clip.originalMimeType).toBeNull()
  expect(lines).toContainEqual(
    expect.objectContaining({ error: expect.stringMatching(/^It lasts \d+ ms, and/) }),
  )
})

it('the original is stored where the disk is full for the Opus', async () => {
  const { services, audioDirectory, fileOf } = await optimizingServices()
  let puts = 0
  const store: Services['store'] = {
    ...services.store,
    async put(id, audio, options) {
      puts += 1
      const error = new TempAudioError('no space left on device')
      if (puts === 2) return { status: 'failed', error, rescued: new Blob(), discard: async () => {} }
      return services.store.put(id, audio, options)
    },
  }

  const clip = await speak({ ...services, store })

  expect(clip).toMatchObject({ state: 'stored', mimeType: 'audio/mpeg' })
  expect(clip.cid).toBe(await independentCid(await fileOf(clip.id)))
  expect(await readdir(audioDirectory)).toEqual([clip.id])
})

it('a clip is not replaced once another process has taken over its lease', async () => {
  const { services, fileOf } = await optimizingServices()
  const transcoder: Services['transcoder'] = {
    async transcode(...args) {
      await services.catalog.queue.release(services.leaseOwner)
      return services.transcoder.transcode(...args)
    },
  }

  const clip = await speak({ ...services, transcoder })

  expect((await fileOf(clip.id)).length).toBe(clip.sizeBytes)
  expect(clip.mimeType).toBe('audio/mpeg')
})

it('a clip is adopted, as it was or as Opus, where the process dies before it is recorded', async () => {
  for (const [outputFormat, crashesAt, mimeType] of [
    ['mp3_44100_128', 'transcode', 'audio/mpeg'],
    ['mp3_44100_128', 'stage', 'audio/ogg'],
    ['pcm_16000', 'stage', 'audio/ogg'],
  ] as const) {
    const { services, directory, fileOf } = await optimizingServices()
    const died = Promise.withResolvers<string>()
    const die = (id: string) => {
      died.resolve(id)
      return new Promise<never>(() => {})
    }
    const { clips } = services.catalog
    const dying: Services = {
      ...(outputFormat === 'pcm_16000' ? withLocalVoice(services) : services),
      ...(crashesAt === 'transcode' && { transcoder: { transcode: () => die('') } }),
      catalog: { ...services.catalog, clips: { ...clips, stage: crashesAt === 'stage' ? die : clips.stage } },
    }
    const text = 'A text of some length, so that there is something to save. '.repeat(4)
    vocalize(dying, { text, voiceId: 'slt', outputFormat }, { requestId: 'request' }).catch(died.reject)
    await died.promise

    await services.catalog.queue.release(services.leaseOwner)
    const next = await testServices({ directory, clock: systemClock })
    await recover(next.services)

    const [id = '', ...others] = await readdir(next.audioDirectory)
    const clip = await next.services.catalog.clips.find(id)
    expect(others).toEqual([])
    expect(clip).toMatchObject({ state: 'staged', mimeType, cid: await independentCid(await fileOf(id)) })
  }
})

it('a listener receives what the voice gave, and finds the same bytes under the id of the clip', async () => {
  const { services, fileOf } = await optimizingServices()
  const request = { text: 'Listen to this.', voiceId: 'slt' }
  const context = { requestId: 'request' }
  const hear = async () => {
    const spoken = Promise.withResolvers<{ id: string }>()
    const { audio } = await speakLive((listener) => {
      spoken.resolve(vocalizeOnce(services, request, { ...context, listener }))
      return spoken.promise
    })
    const heard = Buffer.concat(await Array.fromAsync(audio as AsyncIterable<Uint8Array>))
    const { id } = await spoken.promise
    expect((await fileOf(id)).equals(heard)).toBe(true)
    return id
  }

  const optimized = await vocalizeOnce(services, request, context)
  const [heard, heardAgain] = [await hear(), await hear()]

  expect(optimized.mimeType).toBe('audio/ogg')
  expect(await vocalizeOnce(services, request, context)).toMatchObject({ id: optimized.id, isReused: true })
  expect(heard).not.toBe(optimized.id)
  expect(heardAgain).toBe(heard)
})

it('damaged MP3 is refused by the transcoding thread, and stays as it is', async () => {
  const { services } = await optimizingServices()
  const job = { format: { codec: 'mp3' }, bitRateKbps: 48 } as const

  await expect(
    services.transcoder.transcode(new Blob([new Uint8Array(5000)]), job, { maxBytes: 5000, signal: NEVER }),
  ).rejects.toThrow()
  const transcoder = failingTranscoder(new Error('damaged'))
  expect(await speak({ ...services, transcoder })).toMatchObject({ mimeType: 'audio/mpeg' })
})
