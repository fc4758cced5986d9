import { HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { asCaptionsJson } from '#lib/captions/json.ts'
import { createElevenLabsSpeech } from '#lib/speech/elevenlabs/adapter.ts'
import { readTimestamped } from '#lib/speech/elevenlabs/timestamps.ts'
import { createFakeClock } from '../fake-clock.ts'
import { someAudio } from '../simulated-audio.ts'
import { bytesOf, never } from '../speech-conformance.ts'
import { answerWith, apiKey, modelId, onSpeech, outputFormat, recorded } from './vendor.ts'

/** One object of an answer: audio, and its characters at so many milliseconds each from `startMs`. */
function object(audio: Uint8Array, text = '', startMs = 0, msPerCharacter = 100) {
  const characters = [...text]
  const times = (after: number) =>
    characters.map((_, index) => (startMs + (index + after) * msPerCharacter) / 1000)
  const alignment = {
    characters,
    character_start_times_seconds: times(0),
    character_end_times_seconds: times(1),
  }
  return JSON.stringify({
    audio_base64: Buffer.from(audio).toString('base64'),
    alignment: text ? alignment : null,
    normalized_alignment: { ...alignment, characters: ['not', 'this', 'one'] },
  })
}

async function* inParts(text: string, partBytes: number) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes)
}

const read = async (text: string, partBytes = 1 << 20) => {
  const { audio, alignment } = readTimestamped(inParts(text, partBytes))
  return { audio: await bytesOf(audio), alignment: await alignment }
}

describe('an answer with timestamps', () => {
  const one = Buffer.from([0xff, 0xfb, 1, 2])
  const two = Buffer.from([3, 4, 5, 6, 7])
  const whole = `${object(one, 'Hé ')}\n${object(two, 'yoü', 300)}\n`

  it.each([1, 2, 3, 7, 64, 4096])(
    'gives its audio and its times, in parts of %i bytes',
    async (partBytes) => {
      const { audio, alignment } = await read(whole, partBytes)

      expect(audio).toEqual(Buffer.concat([one, two]))
      expect(alignment && asCaptionsJson(alignment)).toMatchObject({
        text: 'Hé yoü',
        words: [
          { text: 'Hé', startMs: 0, endMs: 200 },
          { text: 'yoü', startMs: 300, endMs: 600 },
        ],
        characters: [{ text: 'H', startMs: 0, endMs: 100 }, {}, {}, {}, {}, { text: 'ü', endMs: 600 }],
      })
    },
  )

  it('may be one object, with what JSON allows: escapes, other fields, blanks', async () => {
    const audio = String.raw`"\/\u002f8B\/w=="`
    const body = `\n { "request_id" : [{"audio_base64": "AAAA"}, 7], "audio_base64" : ${audio},
      "alignment": { "characters": ["\\u0041", "\\n", "\\""], "character_start_times_seconds": [0, 1e-1, 0.2],
      "character_end_times_seconds": [0.1, 0.2, 0.25] } } `
    const { audio: bytes, alignment } = await read(body)

    expect(bytes).toEqual(Buffer.from('//8B/w==', 'base64'))
    expect(alignment).toMatchObject({
      text: 'A\n"',
      spans: [{ endMs: 100 }, {}, { startMs: 200, endMs: 250 }],
    })
  })

  it.each([
    ['no times', object(one)],
    ['fewer times than characters', object(one, 'abc').replace('[0,0.1,0.2]', '[0,0.1]')],
    ['times that begin anew', object(one, 'abcdef') + object(two, 'abc')],
    ['times that are no numbers', object(one, 'abc').replace('[0,0.1,0.2]', '["0",null,{}]')],
  ])('has its audio, and no alignment, with %s', async (_, body) => {
    const { audio, alignment } = await read(body)

    expect(audio.length).toBeGreaterThan(0)
    expect(alignment).toBeUndefined()
  })

  it.each([
    ['that has no end', whole.slice(0, -20)],
    ['that is no JSON', `${object(one)}<html>`],
    ['with an error behind the audio', `${object(one, 'a')}{"detail":{"status":"system_busy"}}`],
    ['whose audio is not in Base64', '{"audio_base64":"ab!d"}'],
    ['with far more than audio', `{"alignment":null,"more":"${'x'.repeat(9 << 20)}"}`],
  ])('%s is refused', async (_, body) => {
    const { audio, alignment } = readTimestamped(inParts(body, 65_536))

    await expect(bytesOf(audio)).rejects.toMatchObject({ name: 'UnreadableAnswerError' })
    expect(await alignment).toBeUndefined()
  })

  it('of many megabytes is decoded as it arrives', async () => {
    const part = Buffer.alloc(48 * 1024, 7)
    const encoded = Buffer.from(part.toString('base64'))
    let askedFor = 0
    const { audio, alignment } = readTimestamped(
      (async function* () {
        yield Buffer.from('{"audio_base64":"')
        for (askedFor = 1; askedFor <= 100; askedFor++) yield encoded
        yield Buffer.from('"}')
      })(),
    )
    let sizeBytes = 0
    for await (const chunk of audio) {
      sizeBytes += chunk.byteLength
      expect(sizeBytes).toBe(askedFor * part.length)
    }
    expect(sizeBytes).toBe(100 * part.length)
    expect(await alignment).toBeUndefined()
  })
})

describe('ElevenLabs, asked for timestamps', () => {
  const server = setupServer()
  beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
  afterEach(() => server.resetHandlers())
  afterAll(() => server.close())

  const clock = () => createFakeClock({ skipsUpToMs: 2400 })
  const speak = (changes = {}) =>
    createElevenLabsSpeech({ apiKey, modelId, outputFormat, timeoutMs: 60_000, clock: clock() }).speak(
      { text: 'Hi you', voiceId: 'foo', timestamps: true, ...changes },
      { signal: never },
    )
  const answerInJson = (...bodies: string[]) => {
    const asked: string[] = []
    server.use(
      ...onSpeech(({ url }) => {
        const body = bodies[Math.min(asked.push(url) - 1, bodies.length - 1)]
        return new HttpResponse(body, { headers: { 'content-type': 'application/json' } })
      }),
    )
    return asked
  }

  it('speaks with the times of its words', async () => {
    const asked = answerInJson(`${object(someAudio, 'Hi you')}\n`)
    const { audio, alignment } = await speak()

    expect(await bytesOf(audio)).toEqual(someAudio)
    expect((await alignment)?.text).toBe('Hi you')
    expect(asked).toEqual([
      'https://api.elevenlabs.io/v1/text-to-speech/foo/stream/with-timestamps?output_format=mp3_44100_128',
    ])
  })

  it('is asked for WAV as a whole, since it does not stream that', async () => {
    const asked = answerInJson(object(someAudio, 'Hi you'))
    await bytesOf((await speak({ outputFormat: 'wav_44100' })).audio)

    expect(asked).toEqual([
      'https://api.elevenlabs.io/v1/text-to-speech/foo/with-timestamps?output_format=wav_44100',
    ])
  })

  it.each([
    ['an object without audio', '{"detail":"oh"}'],
    ['nothing', ''],
    ['a page', '<!doctype html>'],
    ['half an object', '{"audio_'],
    ['a text in place of audio', object(Buffer.from('<html></html>'))],
  ])('answers with %s, which is speech_invalid_answer, at once', async (_, body) => {
    const asked = answerInJson(body)

    await expect(speak()).rejects.toMatchObject({ code: 'speech_invalid_answer' })
    expect(asked).toHaveLength(1)
  })

  it('answers with audio itself, which is speech_invalid_answer', async () => {
    server.use(...onSpeech(() => new HttpResponse(someAudio, { headers: { 'content-type': 'audio/mpeg' } })))
    await expect(speak()).rejects.toMatchObject({
      code: 'speech_invalid_answer',
      message: expect.stringContaining('audio/mpeg'),
    })
  })

  it('breaks the audio off with speech_stream_broken where its JSON has no end', async () => {
    answerInJson(`${object(someAudio, 'Hi')}\n${object(someAudio, ' you', 300).slice(0, -50)}`)
    const { audio, alignment } = await speak()

    await expect(bytesOf(audio)).rejects.toMatchObject({ code: 'speech_stream_broken' })
    expect(await alignment).toBeUndefined()
  })

  it('settles the alignment of audio that is cancelled', async () => {
    answerInJson(`${object(someAudio, 'Hi')}\n${object(someAudio, ' you', 300)}`)
    const { audio, alignment } = await speak()
    await audio.cancel()

    expect(await alignment).toBeUndefined()
  })

  it('refuses as it does without them', async () => {
    server.use(...onSpeech(() => answerWith(recorded('quota-exceeded'))))

    await expect(speak()).rejects.toMatchObject({ code: 'speech_quota_exceeded' })
  })
})
