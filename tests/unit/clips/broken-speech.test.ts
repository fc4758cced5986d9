import { readdir } from 'node:fs/promises'
import { ReadableStream } from 'node:stream/web'
import { describe, expect, it } from 'vitest'
import { speakLive } from '#lib/clips/live-listener.ts'
import { stage } from '#lib/clips/stage.ts'
import { vocalize } from '#lib/clips/vocalize.ts'
import type { Services } from '#lib/context.ts'
import { newClipId } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import type { SpokenAudio } from '#lib/speech/speech.ts'
import { recoverAll } from '../../support/recover-all.ts'
import { speak, testServices } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'

const outputFormat = 'mp3_44100_128'
// 2.76 s, as one of the voices speaks forty characters.
const whole = speechMp3(2760, '')
const text = 'Forty characters, which take three secs.'

const streamOf = (bytes: Uint8Array) => ReadableStream.from([bytes]) as ReadableStream<Uint8Array>

/** Services whose vendor answers with each of `answers` in turn. */
async function withAnswers(...answers: (Partial<SpokenAudio> | Uint8Array)[]) {
  const world = await testServices()
  let calls = 0
  const speech: Services['speech'] = {
    ...world.services.speech,
    vendor: world.speech.vendor,
    async speak() {
      const answer = answers[Math.min(calls++, answers.length - 1)] as Partial<SpokenAudio> | Uint8Array
      const given = answer instanceof Uint8Array ? { audio: streamOf(answer), isEndUnproven: true } : answer
      const spokenBy = { vendor: 'elevenlabs', voiceId: 'voice', modelId: 'model' }
      return { audio: streamOf(whole), outputFormat, spokenBy, ...given }
    },
  }
  return { ...world, services: { ...world.services, speech }, calls: () => calls }
}

const broken = () =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(whole.subarray(0, 20_000))
      setImmediate(() => controller.error(new ServiceError('speech_stream_broken', 'It broke off')))
    },
  })

describe('audio of which the vendor does not say where it ends', () => {
  it('is kept where its last frame is whole and it is long enough for its text', async () => {
    const { services, calls } = await withAnswers(whole)

    expect(await speak(services, text)).toMatchObject({ state: 'stored', sizeBytes: whole.length })
    expect(calls()).toBe(1)
  })

  it.each([
    ['in the middle of a frame', whole.subarray(0, 10_000)],
    ['at the end of a frame, far too early for its text', speechMp3(500, '')],
  ])('is asked for again where it was cut %s', async (_, cut) => {
    const { services, lines, calls } = await withAnswers(cut, whole)

    expect(await speak(services, text)).toMatchObject({ state: 'stored', sizeBytes: whole.length })
    expect(calls()).toBe(2)
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'The speech broke off and is asked for again' }),
    )
  })

  it('is no clip where it was cut twice', async () => {
    const { services, audioDirectory, calls } = await withAnswers(whole.subarray(0, 10_000))

    await expect(speak(services, text)).rejects.toMatchObject({ code: 'speech_stream_broken' })
    expect(calls()).toBe(2)
    expect(await readdir(audioDirectory)).toEqual([])
    expect(await services.catalog.totals()).toMatchObject({ heldClips: 0 })
  })

  it('counts what is said in brackets, and what a faster voice leaves out, for nothing', async () => {
    const { services } = await withAnswers(speechMp3(500, ''))
    const request = { text: '<break time="3.0s" /> [laughs loudly] Hello there', voiceId: 'slt' }

    expect(await vocalize(services, request, { requestId: 'r' })).toMatchObject({ state: 'stored' })
  })
})

describe('a stream that breaks in the middle', () => {
  it('is asked for again', async () => {
    const { services, calls } = await withAnswers({ audio: broken() }, {})

    expect(await speak(services, text)).toMatchObject({ state: 'stored', sizeBytes: whole.length })
    expect(calls()).toBe(2)
  })

  it('is not asked for again where somebody has heard its beginning', async () => {
    const { services, calls } = await withAnswers({ audio: broken() }, {})
    const live = await speakLive((listener) =>
      vocalize(services, { text, voiceId: 'slt' }, { requestId: 'r', listener }),
    )

    await expect(Array.fromAsync(live.audio)).rejects.toMatchObject({ code: 'speech_stream_broken' })
    expect(calls()).toBe(1)
  })
})

describe('audio out of all proportion to its text', () => {
  it('is refused, and not read to its end', async () => {
    let sentBytes = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sentBytes += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    const { services, audioDirectory, calls } = await withAnswers({ audio: endless })

    await expect(speak(services, 'abc')).rejects.toMatchObject({
      code: 'speech_invalid_answer',
      message: expect.stringContaining('out of all proportion'),
    })
    // 66 s at 128 kbit/s, and what was under way.
    expect(sentBytes).toBeLessThan(1.3e6)
    expect(calls()).toBe(1)
    expect(await readdir(audioDirectory)).toEqual([])
  })
})

describe('audio that cannot be judged, for a fault of ours', () => {
  it('is kept, and adopted later', async () => {
    const { services } = await testServices()
    const bounds = {
      maxBytes: 1e6,
      get minDurationMs(): number {
        throw new Error('A fault of ours')
      },
    }
    const spokenBy = { vendor: 'elevenlabs', voiceId: 'voice', modelId: 'model' }
    const spoken = { audio: streamOf(whole), outputFormat, spokenBy, isEndUnproven: true }

    await expect(stage(services, newClipId(), spoken, { bounds })).rejects.toThrow('A fault of ours')
    expect(await recoverAll(services)).toBe(1)
  })
})

describe('speech that was lost after it had begun', () => {
  it('is counted and logged, each time that it may be charged for', async () => {
    const { services, lines } = await withAnswers({ audio: broken() }, { audio: broken() })

    await expect(speak(services, text)).rejects.toMatchObject({ code: 'speech_stream_broken' })
    const { characters_lost: lost } = await services.catalog.counters.read()
    expect(lost).toEqual({ broken: 2 * text.length })
    expect(lines.filter(({ msg }) => msg.includes('the vendor may charge'))).toHaveLength(2)
  })

  it('is counted where the service was stopped in the middle of it', async () => {
    const { services, clock, speech } = await testServices()
    speech.beforeChunk = (sizeBytes) =>
      sizeBytes > 0 ? clock.sleep(60_000, services.tasks.signal) : undefined
    const speaking = services.tasks.track(speak(services, text)).catch((error: unknown) => error)
    await clock.advance(1000)
    await clock.until(services.tasks.drain(1000))
    await speaking
    expect((await services.catalog.counters.read()).characters_lost).toEqual({ shutdown: text.length })
  })

  it('is not counted where the vendor refused it before it had begun', async () => {
    const { services, speech } = await testServices()
    speech.speaking = new ServiceError('speech_overloaded', 'busy')

    await expect(speak(services, text)).rejects.toMatchObject({ code: 'speech_overloaded' })
    expect((await services.catalog.counters.read()).characters_lost).toBeUndefined()
  })
})
