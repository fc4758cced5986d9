import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ErrorCode } from '#lib/model/errors.ts'
import { createElevenLabsSpeech } from '#lib/speech/elevenlabs/adapter.ts'
import { createFakeClock } from '../fake-clock.ts'
import { answerWithAudio, endlessAudio, someAudio } from '../simulated-audio.ts'
import { bytesOf, describeSpeech, errorOf, never, soon } from '../speech-conformance.ts'
import { answerWith, apiKey, modelId, onSpeech, onVoices, outputFormat, recorded } from './vendor.ts'

const server = setupServer()

describeSpeech({
  title: 'ElevenLabs',
  create: (options) => createElevenLabsSpeech({ apiKey, modelId, outputFormat, ...options }),
  longText: 'Wait for it.',
  otherFormat: 'mp3_22050_32',
  setUp() {
    server.listen({ onUnhandledFrame: 'error' })
    server.use(
      ...onSpeech(async (request) => {
        const { text } = (await request.json()) as { text: string }
        return answerWithAudio(text === 'Wait for it.' ? endlessAudio() : undefined)
      }),
      onVoices(() => answerWith(recorded('voices'))),
    )
  },
  tearDown: () => server.close(),
})

describe('ElevenLabs', () => {
  const request = { text: 'Hello world.', voiceId: 'foo' }
  let clock = createFakeClock({ skipsUpToMs: 2400 })
  let calls = 0

  beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
  afterEach(() => {
    server.resetHandlers()
    clock = createFakeClock({ skipsUpToMs: 2400 })
    calls = 0
  })
  afterAll(() => server.close())

  const create = (options = {}) =>
    createElevenLabsSpeech({ apiKey, modelId, outputFormat, timeoutMs: 60_000, clock, ...options })
  const speak = (changes = {}, options = {}) =>
    create(options).speak({ ...request, ...changes }, { signal: never })

  /** Lets the vendor give these answers one after the other, the last one for ever. */
  const answerInTurn = (...answers: (() => Response)[]) =>
    server.use(...onSpeech(() => (answers[Math.min(calls++, answers.length - 1)] as () => Response)()))

  it('knows the counterparts of OpenAI’s models, and the bounds of its speed', () => {
    const { modelForOpenAi, speedRange } = create().vendor

    expect(
      ['tts-1', 'tts-1-hd', 'eleven_v3', 'gpt-4o-mini-tts', 'constructor'].map(modelForOpenAi ?? String),
    ).toEqual(['eleven_flash_v2_5', 'eleven_multilingual_v2', 'eleven_v3', undefined, undefined])
    expect(speedRange).toEqual({ min: 0.7, max: 1.2 })
  })

  describe('is asked', () => {
    const askedFor = async (changes: object) => {
      let asked: Request | undefined
      server.use(
        ...onSpeech((received) => {
          asked = received.clone()
          return answerWithAudio()
        }),
      )
      const { audio } = await speak(changes)
      expect(await bytesOf(audio)).toEqual(someAudio)
      return asked as Request
    }

    it('with the key, the default model and the default format', async () => {
      const asked = await askedFor({})

      expect(asked.url).toBe(
        'https://api.elevenlabs.io/v1/text-to-speech/foo/stream?output_format=mp3_44100_128',
      )
      expect(asked.headers.get('xi-api-key')).toBe(apiKey)
      expect(await asked.json()).toEqual({ text: 'Hello world.', model_id: modelId })
    })

    it('with everything that the request names', async () => {
      const voiceSettings = {
        stability: 0.4,
        similarityBoost: 0.8,
        style: 0.1,
        useSpeakerBoost: true,
        speed: 1.1,
      }
      const asked = await askedFor({
        modelId: 'eleven_flash_v2_5',
        outputFormat: 'opus_48000_64',
        languageCode: 'de',
        seed: 7,
        voiceSettings,
      })

      expect(asked.url).toContain('output_format=opus_48000_64')
      expect(await asked.json()).toEqual({
        text: 'Hello world.',
        model_id: 'eleven_flash_v2_5',
        language_code: 'de',
        seed: 7,
        voice_settings: {
          stability: 0.4,
          similarity_boost: 0.8,
          style: 0.1,
          use_speaker_boost: true,
          speed: 1.1,
        },
      })
    })

    it('with the fields of its query and body that only it has', async () => {
      const asked = await askedFor({
        enableLogging: false,
        optimizeStreamingLatency: 2,
        previousText: 'Before.',
        nextText: 'After.',
        previousRequestIds: ['one'],
        nextRequestIds: ['two'],
        pronunciationDictionaryLocators: [{ pronunciationDictionaryId: 'dictionary', versionId: '2' }],
        applyTextNormalization: 'off',
        applyLanguageTextNormalization: true,
        usePvcAsIvc: true,
        audioEffects: { filterPresetId: 'phone', sendLevel: 0.5 },
        // Of our own routes: nothing that ElevenLabs gets to see.
        reuse: false,
      })

      expect(Object.fromEntries(new URL(asked.url).searchParams)).toEqual({
        output_format: 'mp3_44100_128',
        enable_logging: 'false',
        optimize_streaming_latency: '2',
      })
      expect(await asked.json()).toEqual({
        text: 'Hello world.',
        model_id: modelId,
        previous_text: 'Before.',
        next_text: 'After.',
        previous_request_ids: ['one'],
        next_request_ids: ['two'],
        pronunciation_dictionary_locators: [{ pronunciation_dictionary_id: 'dictionary', version_id: '2' }],
        apply_text_normalization: 'off',
        apply_language_text_normalization: true,
        use_pvc_as_ivc: true,
        audio_effects: { filter_preset_id: 'phone', send_level: 0.5 },
      })
    })

    it('for WAV as a whole, since it does not stream that', async () => {
      const asked = await askedFor({ outputFormat: 'wav_44100' })

      expect(asked.url).toBe('https://api.elevenlabs.io/v1/text-to-speech/foo?output_format=wav_44100')
    })
  })

  describe('refuses', () => {
    const refusals: [recording: string, code: ErrorCode, says: string][] = [
      ['invalid-api-key', 'speech_credentials_refused', 'ELEVENLABS_API_KEY'],
      ['missing-permissions', 'speech_credentials_refused', 'missing the permission text_to_speech'],
      ['quota-exceeded', 'speech_quota_exceeded', 'You have 3 credits remaining'],
      ['quota-exceeded-429', 'speech_quota_exceeded', 'You have 0 credits remaining'],
      ['paid-plan-required', 'invalid_request', 'upgrade your subscription'],
      ['voice-not-found', 'voice_not_found', 'A voice with the voice_id foo was not found'],
      ['voice-not-found-400', 'voice_not_found', 'A voice for the voice_id foo was not found'],
      ['max-character-limit-exceeded', 'invalid_request', 'exceeds the character limit of 10000'],
      ['output-format-not-allowed', 'invalid_request', 'only available on the Pro tier'],
      ['validation-error', 'invalid_request', 'voiceSettings.similarityBoost: Input should be less'],
    ]

    it.each(refusals)('%s as %s, at once and with its reason', async (recording, code, says) => {
      answerInTurn(() => answerWith(recorded(recording)))
      const refusal = speak()

      await expect(refusal).rejects.toMatchObject({
        name: 'ServiceError',
        code,
        message: expect.stringContaining(says),
        cause: expect.objectContaining({ statusCode: recorded(recording).status }),
      })
      expect(calls).toBe(1)
    })

    it('wrong fields by their names in our own request', async () => {
      answerInTurn(() => answerWith(recorded('validation-error')))

      await expect(speak()).rejects.toMatchObject({
        errors: [
          { path: 'voiceSettings.similarityBoost', message: 'Input should be less than or equal to 1' },
          { path: 'seed', message: 'Input should be greater than or equal to 0' },
        ],
      })
    })

    it('too long a text by the name of the field', async () => {
      answerInTurn(() => answerWith(recorded('max-character-limit-exceeded')))

      await expect(speak()).rejects.toMatchObject({ errors: [{ path: 'text' }] })
    })

    it('without ever repeating the key', async () => {
      const message = `The key ${apiKey} is unknown`
      answerInTurn(() =>
        answerWith({ status: 401, body: { detail: { status: 'invalid_api_key', message } } }),
      )

      await expect(speak()).rejects.toMatchObject({ message: expect.not.stringContaining(apiKey) })
    })

    it.each([
      ['a bare text', { detail: 'Method Not Allowed' }, 405, 'speech_invalid_answer'],
      ['a message without a detail', { message: 'nope' }, 400, 'invalid_request'],
      ['nothing', '', 401, 'speech_credentials_refused'],
      ['null', null, 422, 'invalid_request'],
      ['fields without names', { detail: [{ loc: {}, msg: [] }, { loc: 7 }, null] }, 422, 'invalid_request'],
      [
        'fields that are no texts',
        { detail: [{ loc: [0, { toString: 1 }], msg: { toString: 1 } }] },
        422,
        'invalid_request',
      ],
      [
        'the name of a property of all objects',
        { detail: { status: 'constructor', code: '__proto__' } },
        500,
        'speech_unavailable',
      ],
    ])('what comes in the shape of %s', async (_, body, status, code) => {
      answerInTurn(() => answerWith({ status, body }))

      await expect(speak()).rejects.toMatchObject({ code })
    })

    it('JSON that cannot be parsed as speech_invalid_answer', async () => {
      const headers = { 'content-type': 'application/json' }
      answerInTurn(() => answerWith({ status: 400, headers, body: '{"detail":' }))

      await expect(speak()).rejects.toMatchObject({ code: 'speech_invalid_answer' })
    })
  })

  describe('answers 200 with something else than audio, which is speech_invalid_answer:', () => {
    it.each([
      ['nothing at all', () => answerWithAudio('')],
      ['no body', () => new Response(null, { status: 204 })],
      ['JSON', () => answerWith({ status: 200, body: { audio_base64: 'SUQz' } })],
      ['JSON that is only a text', () => answerWithAudio('"moved"', 'application/json')],
      ['a text', () => answerWithAudio('moved', 'text/plain')],
      ['a page', () => answerWithAudio('<!doctype html>', 'text/html; charset=utf-8')],
      ['JSON that calls itself audio', () => answerWithAudio(' {"detail":"oh"}')],
      ['a page that calls itself audio', () => answerWithAudio('<html>', 'application/octet-stream')],
    ])('%s', async (_, answer) => {
      answerInTurn(answer)

      await expect(speak()).rejects.toMatchObject({ name: 'ServiceError', code: 'speech_invalid_answer' })
      expect(calls).toBe(1)
    })

    it('but bare samples may look like text', async () => {
      answerInTurn(() => answerWithAudio('{<[', 'audio/pcm'))
      const { audio } = await speak({ outputFormat: 'pcm_16000' })

      expect((await bytesOf(audio)).toString()).toBe('{<[')
    })
  })

  describe('after a call that failed', () => {
    it.each(['internal-server-error', 'bad-gateway', 'too-many-concurrent-requests'])(
      'tries again and speaks: %s',
      async (recording) => {
        answerInTurn(() => answerWith(recorded(recording)), answerWithAudio)
        const { audio } = await speak()

        expect(await bytesOf(audio)).toEqual(someAudio)
        expect(calls).toBe(2)
      },
    )

    it('tries again twice at most, after 250 and 1000 ms', async () => {
      answerInTurn(() => answerWith(recorded('internal-server-error')))

      await expect(speak()).rejects.toMatchObject({ code: 'speech_unavailable' })
      expect(calls).toBe(3)
      expect(clock.skippedMs).toEqual([250, 1000])
    })

    it('tries again a little later by chance, never earlier', async () => {
      clock = createFakeClock({ skipsUpToMs: 2400, chance: 0.999 })
      answerInTurn(() => answerWith(recorded('internal-server-error')))

      await expect(speak()).rejects.toThrow()
      expect(clock.skippedMs[0]).toBeGreaterThan(250)
      expect(clock.skippedMs[0]).toBeLessThanOrEqual(325)
      expect(clock.skippedMs[1]).toBeGreaterThan(1000)
      expect(clock.skippedMs[1]).toBeLessThanOrEqual(1300)
    })

    it('waits for a short Retry-After', async () => {
      const { body } = recorded('system-busy')
      answerInTurn(() => answerWith({ status: 429, headers: { 'retry-after': '2' }, body }), answerWithAudio)
      await speak()

      expect(clock.skippedMs).toEqual([2000])
    })

    it.each([
      ['system-busy', 30_000],
      ['service-unavailable', 7000],
    ])(
      'does not wait for the long Retry-After of %s: that is speech_overloaded at once',
      async (recording, retryAfterMs) => {
        answerInTurn(() => answerWith(recorded(recording)))

        await expect(speak()).rejects.toMatchObject({ code: 'speech_overloaded', retryAfterMs })
        expect(calls).toBe(1)
      },
    )

    it('does not try again after a time-out, which may have been paid for', async () => {
      server.use(
        ...onSpeech(() => {
          calls++
          clock.advance(60_000)
          return new Promise<never>(() => {})
        }),
      )

      await expect(speak()).rejects.toMatchObject({ code: 'speech_timeout' })
      expect(calls).toBe(1)
    })

    it.each(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])(
      'does not try again after a time-out of the HTTP client itself (%s)',
      async (code) => {
        const cause = Object.assign(new Error('took too long'), { code })
        const fetch = vi.fn().mockRejectedValue(new TypeError('fetch failed', { cause }))
        vi.stubGlobal('fetch', fetch)

        await expect(speak()).rejects.toMatchObject({ code: 'speech_timeout' })
        vi.unstubAllGlobals()
        expect(fetch).toHaveBeenCalledOnce()
      },
    )

    it('does not try again beyond the time for the whole speech', async () => {
      clock = createFakeClock()
      answerInTurn(() => answerWith(recorded('internal-server-error')))
      const speaking = errorOf(speak())
      await expect.poll(clock.waiting, soon).toBe(2)
      clock.advance(60_000)

      expect(await speaking).toMatchObject({ code: 'speech_timeout' })
    })
  })

  describe('lists its voices', () => {
    it('under the names of this service', async () => {
      server.use(onVoices(() => answerWith(recorded('voices'))))

      expect(await create().voices({ signal: never })).toEqual([
        {
          id: '21m00Tcm4TlvDq8ikWAM',
          name: 'Rachel',
          language: 'en',
          accent: 'american',
          gender: 'female',
          age: 'young',
          description: expect.stringContaining('Matter-of-fact'),
          previewUrl: expect.stringMatching(/^https:\/\/storage\.googleapis\.com\/.*\.mp3$/),
        },
        {
          id: 'pFZP5JQG7iQjIQuC4Bku',
          name: 'pFZP5JQG7iQjIQuC4Bku',
          language: undefined,
          description: undefined,
        },
      ])
    })

    it('or says why not', async () => {
      server.use(onVoices(() => answerWith(recorded('invalid-api-key'))))

      await expect(create().voices({ signal: never })).rejects.toMatchObject({
        code: 'speech_credentials_refused',
      })
    })

    it('without a preview that no page could play', async () => {
      const voice = { voice_id: 'george', preview_url: 'javascript:alert(1)' }
      server.use(onVoices(() => answerWith({ status: 200, body: { voices: [voice] } })))

      expect((await create().voices({ signal: never }))[0]?.previewUrl).toBeUndefined()
    })

    it('or says that the answer makes no sense', async () => {
      server.use(onVoices(() => answerWith({ status: 200, body: { voices: 'none' } })))

      await expect(create().voices({ signal: never })).rejects.toMatchObject({
        code: 'speech_invalid_answer',
      })
    })
  })
})
