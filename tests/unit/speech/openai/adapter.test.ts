import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '#lib/model/errors.ts'
import { createOpenAiSpeech } from '#lib/speech/openai/adapter.ts'
import { createFakeClock } from '../fake-clock.ts'
import { answerWithAudio, endlessAudio, someAudio } from '../simulated-audio.ts'
import { bytesOf, describeSpeech, never } from '../speech-conformance.ts'

const baseUrl = 'https://kokoro.test'
const apiKey = 'sk-proj-5a1f0c3e9b7d2468ace0'
const options = { baseUrl, apiKey, modelId: 'kokoro', voiceId: 'af_heart', outputFormat: 'mp3_44100_128' }
const server = setupServer()

const onSpeech = (answer: (request: Request) => Response | Promise<Response>) =>
  http.post(`${baseUrl}/v1/audio/speech`, ({ request }) => answer(request))
const onVoices = (answer: () => Response) => http.get(`${baseUrl}/v1/audio/voices`, answer)

/** The beginning of a WAV file of 16 bit mono at 22,050 Hz, and silence. */
function someWav() {
  const header = Buffer.alloc(44)
  header.write('RIFF')
  header.writeUInt32LE(20_036, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(22_050, 24)
  header.writeUInt32LE(44_100, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(20_000, 40)
  return Buffer.concat([header, Buffer.alloc(20_000)])
}

describeSpeech({
  title: 'An OpenAI-compatible service',
  create: (rest) => createOpenAiSpeech({ ...options, ...rest }),
  longText: 'Wait for it.',
  otherFormat: 'wav_24000',
  setUp() {
    server.listen({ onUnhandledFrame: 'error' })
    server.use(
      onSpeech(async (request) => {
        const { input, response_format } = (await request.json()) as Record<string, string>
        if (response_format === 'wav') return answerWithAudio(new Uint8Array(someWav()), 'audio/wav')
        return answerWithAudio(input === 'Wait for it.' ? endlessAudio() : undefined)
      }),
      onVoices(() =>
        HttpResponse.json({
          voices: [
            { id: 'af_heart', name: 'Heart' },
            { id: 'am_adam', name: 'Adam' },
          ],
        }),
      ),
    )
  },
  tearDown: () => server.close(),
})

describe('an OpenAI-compatible service', () => {
  const request = { text: 'Hello world.', voiceId: 'af_bella' }
  let clock = createFakeClock({ skipsUpToMs: 2400 })

  beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
  afterEach(() => {
    server.resetHandlers()
    clock = createFakeClock({ skipsUpToMs: 2400 })
  })
  afterAll(() => server.close())

  const create = (changes = {}) => createOpenAiSpeech({ ...options, timeoutMs: 60_000, clock, ...changes })
  const speak = (changes = {}, changed = {}) =>
    create(changed).speak({ ...request, ...changes }, { signal: never })

  /** The request that arrives at `url` for these changes. */
  async function askedFor(changes: object, changed: object = {}, url = `${baseUrl}/v1/audio/speech`) {
    let asked: Request | undefined
    server.use(
      http.post(url, ({ request: received }) => {
        asked = received.clone() as Request
        return answerWithAudio()
      }),
    )
    const { audio } = await speak(changes, changed)
    expect(await bytesOf(audio)).toEqual(someAudio)
    return asked as Request
  }

  it('is asked with the key, the configured model and the format by its own name', async () => {
    const asked = await askedFor({})
    expect(asked.headers.get('authorization')).toBe(`Bearer ${apiKey}`)
    expect(await asked.json()).toEqual({
      model: 'kokoro',
      input: 'Hello world.',
      voice: 'af_bella',
      response_format: 'mp3',
    })
  })

  it('is asked with everything that the request names, and with no field of other vendors', async () => {
    const asked = await askedFor({
      modelId: 'tts-1-hd',
      voiceSettings: { speed: 1.1, stability: 0.5 },
      instructions: 'Whisper.',
      seed: 7,
    })
    expect(await asked.json()).toEqual({
      model: 'tts-1-hd',
      input: 'Hello world.',
      voice: 'af_bella',
      response_format: 'mp3',
      speed: 1.1,
      instructions: 'Whisper.',
    })
  })

  it('is asked without credentials where it has no key', async () => {
    const asked = await askedFor({}, { apiKey: undefined })
    expect(asked.headers.get('authorization')).toBeNull()
  })

  it.each([
    ['https://api.groq.test/openai/v1', 'https://api.groq.test/openai/v1/audio/speech'],
    ['https://tts.assemblyai.test/v1/openai/', 'https://tts.assemblyai.test/v1/openai/audio/speech'],
    ['http://kokoro.test:8880', 'http://kokoro.test:8880/v1/audio/speech'],
  ])('is reached under the base URL %s', async (base, url) => {
    await askedFor({}, { baseUrl: base }, url)
  })

  it.each([
    ['opus_48000_64', 'opus'],
    ['wav_44100', 'wav'],
    ['pcm_24000', 'pcm'],
  ])('is asked for %s as %s', async (outputFormat, name) => {
    expect(await (await askedFor({ outputFormat })).json()).toMatchObject({ response_format: name })
  })

  it.each(['pcm_16000', 'ulaw_8000'])(
    'is not asked for %s, which it has no name for',
    async (outputFormat) => {
      await expect(speak({ outputFormat })).rejects.toMatchObject({
        code: 'invalid_request',
        errors: [{ path: 'outputFormat' }],
      })
    },
  )

  it('knows the names of OpenAI, and leaves its models to the operator', () => {
    const { modelForOpenAi, hasOpenAiVoices } = create().vendor
    expect(hasOpenAiVoices).toBe(true)
    expect(['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts', 'kokoro'].map(modelForOpenAi ?? String)).toEqual([
      undefined,
      undefined,
      undefined,
      'kokoro',
    ])
  })

  const json = (status: number, body: object, headers = {}) => HttpResponse.json(body, { status, headers })
  const openAi = (status: number, error: object, headers = {}) => json(status, { error }, headers)

  // What each service answers, as its documentation or source has it.
  const refusals: [title: string, answer: () => Response, code: ErrorCode, says: RegExp][] = [
    [
      // https://platform.openai.com/docs/guides/error-codes
      'a used-up quota at OpenAI, which is a 429',
      () =>
        openAi(
          429,
          {
            message: 'You exceeded your current quota',
            type: 'insufficient_quota',
            param: null,
            code: 'insufficient_quota',
          },
          { 'x-should-retry': 'false' },
        ),
      'speech_quota_exceeded',
      /You exceeded your current quota/,
    ],
    [
      // https://openrouter.ai/docs/api/reference/errors-and-debugging
      'no credits at OpenRouter, whose codes are numbers',
      () => openAi(402, { code: 402, message: 'Insufficient credits' }),
      'speech_quota_exceeded',
      /Insufficient credits/,
    ],
    [
      'a wrong key',
      () =>
        openAi(401, {
          message: `Incorrect API key provided: ${apiKey}`,
          type: 'invalid_request_error',
          code: 'invalid_api_key',
        }),
      'speech_credentials_refused',
      /OPENAI_SPEECH_API_KEY/,
    ],
    [
      // https://console.groq.com/docs/rate-limits
      'too many requests at Groq',
      () =>
        openAi(
          429,
          { message: 'Rate limit reached for model', type: 'requests', code: 'rate_limit_exceeded' },
          { 'retry-after': '30' },
        ),
      'speech_overloaded',
      /Rate limit reached/,
    ],
    [
      // https://github.com/remsky/Kokoro-FastAPI/blob/master/api/src/routers/openai_compatible.py
      'an unknown voice at Kokoro-FastAPI',
      () =>
        json(400, {
          detail: {
            error: 'validation_error',
            message: "Voice 'af_bella' not found. Available voices: af_heart",
            type: 'invalid_request_error',
          },
        }),
      'voice_not_found',
      /Available voices: af_heart/,
    ],
    [
      'an unknown voice at OpenAI',
      () =>
        openAi(400, {
          message: 'Input should be alloy or nova',
          type: 'invalid_request_error',
          param: 'voice',
          code: null,
        }),
      'voice_not_found',
      /alloy or nova/,
    ],
    [
      'a text that is too long',
      () =>
        openAi(400, {
          message: 'Input too long',
          type: 'invalid_request_error',
          param: 'input',
          code: 'string_above_max_length',
        }),
      'invalid_request',
      /Input too long/,
    ],
    [
      // https://github.com/speaches-ai/speaches: a sentence in `detail`
      'a model that is not installed at Speaches, where nobody has named one',
      () => json(404, { detail: "Model 'kokoro' is not installed locally" }),
      'speech_invalid_answer',
      /OPENAI_SPEECH_MODEL/,
    ],
    [
      'a wrong base URL',
      () => new HttpResponse('404 page not found', { status: 404 }),
      'speech_invalid_answer',
      /404 page not found/,
    ],
    [
      'an error of Kokoro-FastAPI itself',
      () =>
        json(500, { detail: { error: 'processing_error', message: 'out of memory', type: 'server_error' } }),
      'speech_unavailable',
      /out of memory/,
    ],
    [
      // OpenRouter finds out after the status was sent.
      'an error inside of a 200',
      () => openAi(200, { code: 502, message: 'Provider returned error' }),
      'speech_invalid_answer',
      /Provider returned error/,
    ],
    [
      'a used-up quota inside of a 200',
      () => openAi(200, { code: 'insufficient_quota', message: 'No credits' }),
      'speech_quota_exceeded',
      /No credits/,
    ],
    [
      'the page of a proxy',
      () =>
        new HttpResponse('<html><title>502 Bad Gateway</title></html>', {
          status: 502,
          headers: { 'content-type': 'text/html' },
        }),
      'speech_unavailable',
      /502 Bad Gateway/,
    ],
    [
      'a page in place of audio',
      () => HttpResponse.html('<html>Sign in</html>'),
      'speech_invalid_answer',
      /text\/html instead of audio/,
    ],
    [
      'a redirect',
      () => HttpResponse.redirect('https://elsewhere.test/'),
      'speech_invalid_answer',
      /OPENAI_SPEECH_BASE_URL/,
    ],
  ]

  it.each(refusals)(
    'refuses %s by its kind, with its reason and without the key',
    async (_, answer, code, says) => {
      server.use(onSpeech(answer))
      const error = await speak().catch((refusal: unknown) => refusal)
      expect(error).toMatchObject({ code, message: expect.stringMatching(says) })
      expect((error as Error).message).not.toContain(apiKey)
    },
  )

  it('says of a model that the caller has named that it is the caller’s', async () => {
    server.use(
      onSpeech(() => openAi(404, { message: 'The model `no` does not exist', code: 'model_not_found' })),
    )
    await expect(speak({ modelId: 'no' })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ path: 'modelId' }],
    })
  })

  it('takes WAV from a server that ignores the format, and says what it is', async () => {
    server.use(onSpeech(() => answerWithAudio(new Uint8Array(someWav()), 'audio/mpeg')))
    const spoken = await speak()
    expect(spoken).toMatchObject({
      outputFormat: 'wav_22050',
      warnings: ['mp3_44100_128 was asked for, and the speech service sent wav'],
    })
    expect(await bytesOf(spoken.audio)).toEqual(someWav())
  })

  it('refuses a codec that nobody asked for and callers cannot expect', async () => {
    server.use(
      onSpeech(() => answerWithAudio(new Uint8Array(Buffer.from(`fLaC${'\0'.repeat(100)}`, 'latin1')))),
    )
    await expect(speak()).rejects.toMatchObject({
      code: 'speech_invalid_answer',
      message: expect.stringContaining('FLAC'),
    })
  })

  it.each<[string, object, string[]]>([
    ['names alone, as Kokoro-FastAPI had them', { voices: ['af_heart', 'am_adam'] }, ['af_heart', 'am_adam']],
    ['objects', { voices: [{ voice_id: 'one' }, { name: 'two' }] }, ['af_heart', 'one', 'two']],
    ['a bare list', [{ id: 'one', name: 'One' }], ['af_heart', 'one']],
  ])('lists voices that are %s', async (_, answer, ids) => {
    server.use(onVoices(() => HttpResponse.json(answer)))
    expect((await create().voices({ signal: never })).map(({ id }) => id)).toEqual(ids)
  })

  it('has the configured voice alone where there is no list, as at OpenAI and Groq', async () => {
    server.use(onVoices(() => openAi(404, { message: 'Unknown request URL', code: 'unknown_url' })))
    expect(await create().voices({ signal: never })).toEqual([{ id: 'af_heart', name: 'af_heart' }])
  })
})
