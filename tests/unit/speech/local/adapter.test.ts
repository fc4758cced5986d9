import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { MPEGDecoder } from 'mpg123-decoder'
import { parseBuffer } from 'music-metadata'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { toAlaw, toUlaw } from '#lib/audio/g711.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { createLocalSpeech } from '#lib/speech/local/adapter.ts'
import type { SpeechJob } from '#lib/speech/local/worker.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import { bytesOf, describeSpeech, errorOf, never, soon } from '../speech-conformance.ts'

const modelId = 'eleven_multilingual_v2'
const outputFormat = 'mp3_44100_128'
const threadFile = path.resolve('lib/speech/local/worker.ts')
/** A sentence of so many characters, spoken as one piece. */
const sentence = (length: number) =>
  `${'The quick brown fox, number 42, jumps over the lazy dog, and '.repeat(10).slice(0, length - 2)}. `
/** Its first piece is short, so that the first byte comes at once, and far from the end. */
const longText = `Hello. ${sentence(398).repeat(12)}`
/** As PCM at 48 kHz the first piece is more than the thread sends before the audio is taken, and less than the second. */
const twoPieces = sentence(175) + sentence(235)
const create = (options = {}) =>
  createLocalSpeech({ modelId, outputFormat, timeoutMs: 60_000, clock: systemClock, ...options })

describeSpeech({ title: 'the built-in voice', create, longText, otherFormat: 'mp3_22050_32' })

async function decode(mp3: Uint8Array) {
  const decoder = new MPEGDecoder()
  await decoder.ready
  const { channelData, sampleRate, errors } = decoder.decode(mp3)
  decoder.free()
  expect(errors).toEqual([])
  const samples = channelData[0] as Float32Array
  const energy = samples.reduce((sum, sample) => sum + sample ** 2, 0)
  return {
    durationMs: (samples.length / sampleRate) * 1000,
    loudness: Math.sqrt(energy / samples.length),
    onsetMs: onsetMs(samples, sampleRate),
  }
}

const samplesOf = (pcm: Buffer) =>
  Array.from({ length: pcm.length / 2 }, (_, index) => pcm.readInt16LE(index * 2) / 0x8000)

const onsetMs = (samples: ArrayLike<number>, sampleRateHz: number) =>
  (Array.from(samples).findIndex((sample) => Math.abs(sample) > 0.1) / sampleRateHz) * 1000

describe('the built-in voice', { timeout: 30_000 }, () => {
  const speech = create()
  afterAll(() => speech.close())

  const text = 'Hello world. This is the built-in voice.'
  const speakAnew = async (changes: Partial<SpeechRequest> = {}) => {
    const { audio } = await speech.speak({ text, voiceId: 'slt', ...changes }, { signal: never })
    return bytesOf(audio)
  }
  const known = new Map<string, Promise<Buffer>>()
  /** The audio of a request, which is spoken once for all tests: the same request has the same bytes, as one of them proves. */
  const spoken = (changes: Partial<SpeechRequest> = {}) => {
    const key = JSON.stringify({ text, voiceId: 'slt', ...changes })
    const audio = known.get(key) ?? speakAnew(changes)
    known.set(key, audio)
    return audio
  }

  describe('speaks', () => {
    it('MP3 that lasts as long as the text takes and is no silence', async () => {
      const { durationMs, loudness } = await decode(await spoken())

      expect(durationMs).toBeGreaterThan(2000)
      expect(durationMs).toBeLessThan(4000)
      expect(loudness).toBeGreaterThan(0.03)
    })

    it.each([
      ['mp3_22050_32', 22_050, 32_000],
      ['mp3_24000_48', 24_000, 48_000],
      ['mp3_44100_64', 44_100, 64_000],
      ['mp3_44100_192', 44_100, 192_000],
    ])('%s with that sample rate and bit rate', async (format, sampleRate, bitrate) => {
      const mp3 = await spoken({ outputFormat: format })

      const facts = await parseBuffer(mp3, { mimeType: 'audio/mpeg' }, { duration: true })
      expect(facts.format).toMatchObject({
        codec: 'MPEG 2 Layer 3'.replace('2', sampleRate < 32_000 ? '2' : '1'),
      })
      expect(facts.format).toMatchObject({ sampleRate, bitrate, numberOfChannels: 1 })
      expect((await decode(mp3)).loudness).toBeGreaterThan(0.03)
    })

    it('the nearest MP3 format that the encoder has, and says which', async () => {
      const request = { text, voiceId: 'slt', outputFormat: 'mp3_44000_100' }
      const { audio, outputFormat: given } = await speech.speak(request, { signal: never })

      expect(given).toBe('mp3_44100_96')
      const facts = await parseBuffer(await bytesOf(audio), { mimeType: 'audio/mpeg' })
      expect(facts.format).toMatchObject({ sampleRate: 44_100, bitrate: 96_000 })
    })

    it.each([8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])('PCM and WAV at %i Hz', async (rate) => {
      const expectedMs = (await decode(await spoken())).durationMs
      const pcm = await spoken({ outputFormat: `pcm_${rate}` })
      const wav = await spoken({ outputFormat: `wav_${rate}` })

      expect(Math.abs((pcm.length / 2 / rate) * 1000 - expectedMs)).toBeLessThan(100)
      expect(wav.subarray(44).equals(pcm)).toBe(true)
      const facts = await parseBuffer(wav, { mimeType: 'audio/wav' })
      expect(facts.format).toMatchObject({ container: 'WAVE', sampleRate: rate, bitsPerSample: 16 })
      expect(facts.format.duration).toBeCloseTo(pcm.length / 2 / rate, 3)
      const samples = new Int16Array(Uint8Array.from(pcm).buffer)
      expect(Math.max(...samples.map(Math.abs).slice(0, 100_000))).toBeGreaterThan(5000)
    })

    it.each([32, 64, 96, 128, 192])('Ogg Opus at %i kbit/s', async (bitRateKbps) => {
      const { durationMs } = await decode(await spoken())
      const opus = await spoken({ outputFormat: `opus_48000_${bitRateKbps}` })

      const { format } = await parseBuffer(opus, { mimeType: 'audio/ogg' }, { duration: true })
      expect(format).toMatchObject({ container: 'Ogg', codec: 'Opus', numberOfChannels: 1 })
      expect(Math.abs((format.duration ?? 0) * 1000 - durationMs)).toBeLessThan(100)
      expect((opus.length * 8) / durationMs / bitRateKbps).toBeCloseTo(1, 0)
      expect(await speakAnew({ outputFormat: `opus_48000_${bitRateKbps}` })).toEqual(opus)
    })

    it.each([
      ['ulaw_8000', toUlaw],
      ['alaw_8000', toAlaw],
    ] as const)('%s, a byte for each sample of its PCM', async (outputFormat, encode) => {
      const pcm = await spoken({ outputFormat: 'pcm_8000' })
      const expected = encode(new Int16Array(Uint8Array.from(pcm).buffer))
      expect(Buffer.compare(await spoken({ outputFormat }), expected)).toBe(0)
    })

    it('no format that is none, and says which it speaks', async () => {
      await expect(spoken({ outputFormat: 'flac_24000' })).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringMatching(/mp3_….*opus_….*pcm_….*wav_….*ulaw_8000.*alaw_8000/),
      })
    })

    it('the same text in the same voice with the same bytes, whatever it spoke in between', async () => {
      const first = await speakAnew()
      await speakAnew({ text: 'Something else.', outputFormat: 'mp3_22050_32' })

      expect((await speakAnew()).equals(first)).toBe(true)
    })

    it('in the requested voice, else (with a voice id of ElevenLabs) in its default voice', async () => {
      const [own, slt, rms, awb] = await Promise.all(
        ['EXAVITQu4vr4xnSDxMaL', 'slt', 'rms', 'awb'].map((voiceId) => spoken({ voiceId })),
      )
      expect(own).toEqual(slt)
      expect(new Set([slt, rms, awb].map((bytes) => bytes?.toString('base64'))).size).toBe(3)
    })

    it('faster and slower by the setting speed, and ignores the other settings', async () => {
      const usual = await spoken()
      const slow = await spoken({ voiceSettings: { speed: 0.7 } })
      const fast = await spoken({ voiceSettings: { speed: 1.2 } })

      expect(slow.length).toBeGreaterThan(usual.length * 1.2)
      expect(fast.length).toBeLessThan(usual.length * 0.95)
      expect(await spoken({ voiceSettings: { stability: 0.1, similarityBoost: 1, style: 1 } })).toEqual(usual)
    })
  })

  describe('says beside the audio', () => {
    const factsOf = async (changes: Partial<SpeechRequest>) => {
      // Read to its end: a thread whose audio is cancelled is followed by a new one, whose start costs more.
      const request = { text: 'Hello.', voiceId: 'slt', outputFormat: 'pcm_8000', ...changes }
      const { audio, omittedCharacters, warnings } = await speech.speak(request, { signal: never })
      await bytesOf(audio)
      return { omittedCharacters, warnings }
    }

    it('which characters it leaves out', async () => {
      expect(await factsOf({ text: 'Hello 👋🏽 мир' })).toEqual({
        omittedCharacters: ['👋🏽', 'м', 'и', 'р'],
      })
      expect(await factsOf({})).toEqual({})
    })

    it('when which word of the text is said, once the audio is at its end, if it is asked', async () => {
      const request = { text: 'It costs £20. Yes!', voiceId: 'slt', timestamps: true }
      const { audio, alignment } = await speech.speak(request, { signal: never })
      const { durationMs } = await decode(await bytesOf(audio))
      const spans = (await alignment)?.spans ?? []

      expect(spans.map(({ start, end }) => request.text.slice(start, end))).toEqual([
        'It',
        'costs',
        '£20',
        'Yes',
      ])
      expect(spans.at(-1)?.endMs).toBeGreaterThan(durationMs - 600)
      expect(spans.at(-1)?.endMs).toBeLessThan(durationMs)
    })

    it.each(['mp3_44100_128', 'mp3_22050_32', 'opus_48000_64'])(
      'the times of %s with what players add in front',
      async (outputFormat) => {
        const request = { text: 'Money.', voiceId: 'slt', timestamps: true }
        const plain = await speech.speak({ ...request, outputFormat: 'pcm_16000' }, { signal: never })
        const pcm = Buffer.from(await bytesOf(plain.audio))
        const encoded = await speech.speak({ ...request, outputFormat }, { signal: never })
        const bytes = await bytesOf(encoded.audio)
        const startMs = async ({ alignment }: typeof plain) => (await alignment)?.spans[0]?.startMs as number

        const addedMs = outputFormat.startsWith('mp3')
          ? (await decode(bytes)).onsetMs - onsetMs(samplesOf(pcm), 16_000)
          : 0
        expect(Math.abs((await startMs(encoded)) - (await startMs(plain)) - addedMs)).toBeLessThan(3)
      },
    )

    it('no times of words where the audio is cancelled, or nobody asks for them', async () => {
      const { audio, alignment } = await speech.speak(
        { text: longText, voiceId: 'slt', timestamps: true },
        { signal: never },
      )
      await audio.cancel()

      expect(await alignment).toBeUndefined()
      expect((await speech.speak({ text, voiceId: 'slt' }, { signal: never })).alignment).toBeUndefined()
    })

    it('that a language other than English has no effect', async () => {
      const { warnings } = await factsOf({ languageCode: 'de' })

      expect(warnings).toEqual(['The built-in voice speaks English only; languageCode "de" had no effect'])
      for (const languageCode of ['en', 'en-GB', 'EN_us', 'eng'])
        expect(await factsOf({ languageCode })).toEqual({})
    })
  })

  it('refuses a text that is mostly of another script, and says which vendor to set', async () => {
    await expect(spoken({ text: 'Привет, мир! OK' })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/another script; set a speech vendor/),
      errors: [{ path: 'text' }],
    })
  })

  describe('takes any text', () => {
    // At four times the pace it takes a quarter of the time to compute.
    const voiceSettings = { speed: 4 }

    it('that looks like an option', async () => {
      expect(await spoken({ text: '-voice rms -o /dev/null' })).not.toEqual(await spoken({ voiceId: 'rms' }))
      expect((await decode(await spoken({ text: '--help' }))).loudness).toBeGreaterThan(0.01)
    })

    it.each([
      ['emoji between words', 'Hello 👋🏽 world 🇩🇪!'],
      ['accents and typographic marks', '“Crème brûlée” – it’s naïve… Straße €5'],
      ['control characters', 'one\u0000two\u0007three\r\nfour\u2028five'],
      ['half a surrogate pair', 'one \ud83d two'],
      ['a word among marks without end', `${','.repeat(2500)} hello ${'?!'.repeat(1200)}`],
      ['one word without end', 'a'.repeat(1000)],
      ['markup', '<speak>hello & goodbye</speak>'],
    ])('%s', async (_, hostile) => {
      expect((await decode(await spoken({ text: hostile, voiceSettings }))).loudness).toBeGreaterThan(0.01)
    })

    it.each([
      ['only marks', '... , !?'],
      ['marks without end', '.'.repeat(5000)],
      ['only emoji', '😀👍🏽'],
      ['only white space', ' \n\t '],
      ['only a script that is not its own', '你好，世界'],
    ])('%s, and refuses it as nothing that it can say', async (_, unspeakable) => {
      await expect(spoken({ text: unspeakable })).rejects.toMatchObject({
        code: 'invalid_request',
        errors: [{ path: 'text' }],
      })
    })
  })

  it('does not block the event loop while it speaks', async () => {
    let turns = 0
    let isSpeaking = true
    const turn = () => {
      turns++
      if (isSpeaking) setImmediate(turn)
    }
    turn()
    await speakAnew()
    isSpeaking = false

    // Spoken on the event loop itself, the whole speech would take a handful of turns.
    expect(turns).toBeGreaterThan(200)
  })
})

describe('a thread of the built-in voice', { timeout: 30_000 }, () => {
  const request = { text: 'Hello world.', voiceId: 'slt' }

  function setUp() {
    const threads: Worker[] = []
    const jobs: SpeechJob[] = []
    const startThread = () => {
      const thread = new Worker(threadFile)
      const postMessage = thread.postMessage.bind(thread)
      thread.postMessage = (job: SpeechJob) => {
        jobs.push(job)
        postMessage(job)
      }
      threads.push(thread)
      return thread
    }
    const speech = create({ startThread })
    const speak = async (changes = {}) =>
      (await speech.speak({ ...request, ...changes }, { signal: never })).audio
    return { speech, speak, threads, jobs }
  }

  const hasEnded = (thread: Worker | undefined) => thread?.threadId === -1

  it('speaks one text after the other', async () => {
    const { speech, speak, threads } = setUp()
    await bytesOf(await speak())
    await bytesOf(await speak())
    await errorOf(speak({ text: '...' }))
    await bytesOf(await speak())

    expect(threads).toHaveLength(1)
    await speech.close()
  })

  it('fails only its own request with speech_unavailable when it dies before the first byte', async () => {
    const { speech, speak, threads } = setUp()
    const dying = errorOf(speak())
    const living = speak()
    await threads[0]?.terminate()

    expect(await dying).toMatchObject({ name: 'ServiceError', code: 'speech_unavailable' })
    expect((await bytesOf(await living)).length).toBeGreaterThan(1000)
    await speech.close()
  })

  it('breaks the audio off with speech_unavailable when it dies in the middle', async () => {
    const { speech, speak, threads } = setUp()
    const audio = await speak({ text: longText })
    await threads[0]?.terminate()

    expect(await errorOf(bytesOf(audio))).toMatchObject({ name: 'ServiceError', code: 'speech_unavailable' })
    await speech.close()
  })

  it('is followed by a new one after it has crashed', async () => {
    const { speech, speak, threads } = setUp()
    await bytesOf(await speak())
    // A job without a format, on which the thread fails.
    threads[0]?.postMessage({ text: 'Hello.' })
    await expect.poll(() => hasEnded(threads[0]), soon).toBe(true)

    expect((await bytesOf(await speak())).length).toBeGreaterThan(1000)
    expect(threads).toHaveLength(2)
    await speech.close()
  })

  it('says why it crashed', async () => {
    const speech = create({
      startThread: () => new Worker('throw new Error("out of breath")', { eval: true }),
    })

    expect(await errorOf(speech.speak(request, { signal: never }))).toMatchObject({
      code: 'speech_unavailable',
      cause: { message: 'out of breath' },
    })
  })

  it('ends when its request is aborted, even in the middle of a sentence', async () => {
    const { speech, threads } = setUp()
    const stop = new AbortController()
    const speaking = errorOf(speech.speak({ ...request, text: longText }, { signal: stop.signal }))
    await vi.waitFor(() => expect(threads).toHaveLength(1))
    stop.abort()
    await speaking

    await expect.poll(() => hasEnded(threads[0]), soon).toBe(true)
  })

  it('waits while the audio is not read, and then goes on to its end', async () => {
    const { speech, speak, threads, jobs } = setUp()
    const expected = await bytesOf(await speak({ text: twoPieces, outputFormat: 'pcm_48000' }))
    const audio = await speak({ text: twoPieces, outputFormat: 'pcm_48000' })
    const inFlight = () => Atomics.load(jobs[1]?.bytesInFlight as Int32Array, 0)
    await expect.poll(inFlight, soon).toBeGreaterThan(1024 * 1024)

    expect(inFlight()).toBeLessThan(expected.length / 2)
    expect((await bytesOf(audio)).equals(expected)).toBe(true)
    expect(threads).toHaveLength(1)
    await speech.close()
  })

  it('ends although it waits when the audio is cancelled', async () => {
    const { speak, threads, jobs } = setUp()
    const audio = await speak({ text: twoPieces, outputFormat: 'pcm_48000' })
    await expect
      .poll(() => Atomics.load(jobs[0]?.bytesInFlight as Int32Array, 0), soon)
      .toBeGreaterThan(1024 * 1024)
    await audio.cancel()

    await expect.poll(() => hasEnded(threads[0]), soon).toBe(true)
  })

  it('ends when the voice is closed', async () => {
    const { speech, speak, threads } = setUp()
    await Promise.all([bytesOf(await speak()), bytesOf(await speak())])
    await speech.close()

    expect(threads).toHaveLength(2)
    expect(threads.every(hasEnded)).toBe(true)
  })

  it('does not keep the process alive', async () => {
    const script = `
      const { createLocalSpeech } = await import('#lib/speech/local/adapter.ts')
      const { systemClock: clock } = await import('#lib/platform/clock.ts')
      const speech = createLocalSpeech({ modelId: '${modelId}', outputFormat: '${outputFormat}', timeoutMs: 60_000, clock })
      const { audio } = await speech.speak({ text: 'Hello.', voiceId: 'slt' }, { signal: new AbortController().signal })
      console.log((await Array.fromAsync(audio)).length > 0)`
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 20_000,
    })

    expect((await run).stdout).toBe('true\n')
  })
})
