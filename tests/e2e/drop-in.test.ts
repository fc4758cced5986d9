import { ElevenLabsClient, ElevenLabsError } from '@elevenlabs/elevenlabs-js'
import OpenAI from 'openai'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { independentCid } from '../support/content-id.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useWorld } from '../support/world.ts'

const KEY = 'a-key-of-the-test'
const world = useWorld({ environment: { VOCALIZE_API_KEYS: KEY } })

afterEach(() => world.vendors.heal())

async function storedClip(id: string | null) {
  return until('a stored clip', async () => {
    const { data } = await (await world.service.fetch(`/api/clips/${id}`)).json()
    return data.state === 'stored' && data
  })
}

/** What the last speech request to the vendor asked for. */
async function lastSpeech() {
  const [request] = (await world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })).slice(-1)
  return { path: request?.path, body: JSON.parse(request?.body ?? '{}') }
}

describe('the package @elevenlabs/elevenlabs-js, by its base URL alone', () => {
  let client: ElevenLabsClient
  const clientWith = (apiKey: string) =>
    new ElevenLabsClient({ apiKey, baseUrl: world.service.baseUrl, maxRetries: 0 })
  beforeAll(() => {
    client = clientWith(KEY)
  })

  const settings = {
    modelId: 'eleven_flash_v2_5',
    outputFormat: 'mp3_22050_32',
    voiceSettings: { stability: 0.4, similarityBoost: 0.6, speed: 1.1 },
    languageCode: 'en',
    seed: 3,
  } as const

  it.each(['convert', 'stream'] as const)('%s speaks, and the clip is stored', async (method) => {
    const request = { ...settings, text: `Hello from ${method}` }
    const { data, rawResponse } = await client.textToSpeech[method]('George', request).withRawResponse()
    const audio = new Uint8Array(await new Response(data as BodyInit).arrayBuffer())
    const clip = await storedClip(rawResponse.headers.get('x-clip-id'))
    expect(clip).toMatchObject({ provider: 'pinata', cid: await independentCid(audio), bytes: audio.length })
    expect(rawResponse.headers.get('character-cost')).toBe(String(request.text.length))
    const asked = await lastSpeech()
    expect(asked.path).toBe('/v1/text-to-speech/George/stream?output_format=mp3_22050_32')
    expect(asked.body).toEqual({
      text: request.text,
      model_id: 'eleven_flash_v2_5',
      language_code: 'en',
      seed: 3,
      voice_settings: { stability: 0.4, similarity_boost: 0.6, speed: 1.1 },
    })
  })

  it('has every other field passed on to the vendor, or refused by its name', async () => {
    const fields = {
      previousText: 'Before.',
      nextText: 'After.',
      previousRequestIds: ['one'],
      nextRequestIds: ['two'],
      pronunciationDictionaryLocators: [{ pronunciationDictionaryId: 'dictionary', versionId: '2' }],
      applyTextNormalization: 'on' as const,
      applyLanguageTextNormalization: true,
      usePvcAsIvc: true,
      audioEffects: { filterPresetId: 'phone', distance: 0.5 },
    }
    const query = { enableLogging: false, optimizeStreamingLatency: 1 }
    const text = 'Every field'
    const data = await client.textToSpeech.stream('George', { ...fields, ...query, text })
    await new Response(data as BodyInit).arrayBuffer()
    const asked = await lastSpeech()
    expect(asked.path).toMatch(/&enable_logging=false&optimize_streaming_latency=1$/)
    expect(asked.body).toMatchObject({
      previous_text: 'Before.',
      next_text: 'After.',
      previous_request_ids: ['one'],
      next_request_ids: ['two'],
      pronunciation_dictionary_locators: [{ pronunciation_dictionary_id: 'dictionary', version_id: '2' }],
      apply_text_normalization: 'on',
      apply_language_text_normalization: true,
      use_pvc_as_ivc: true,
      audio_effects: { filter_preset_id: 'phone', distance: 0.5 },
    })
    const refused = await failure(client.textToSpeech.stream('George', { text, optimizeStreamingLatency: 9 }))
    expect(refused?.body).toMatchObject({
      detail: [{ loc: ['query', 'optimize_streaming_latency'], msg: 'must be a whole number from 0 to 4' }],
    })
    const wrong = { previousRequestIds: ['1', '2', '3', '4'] }
    const other = await failure(client.textToSpeech.stream('George', { text, ...wrong }))
    expect(other?.body).toMatchObject({ detail: [{ loc: ['body', 'previous_request_ids'] }] })
  })

  it('lists the voices', async () => {
    const { voices } = await client.voices.getAll()
    expect(voices.map(({ voiceId, name }) => [voiceId, name])).toEqual([
      ['JBFqnCBsd6RMkjVDRZzb', 'George'],
      ['EXAVITQu4vr4xnSDxMaL', 'Sarah'],
    ])
  })

  const failure = (speaking: Promise<unknown>) =>
    speaking.then(
      () => undefined,
      (error: ElevenLabsError) => error,
    )

  it('understands our errors', async () => {
    const wrongKey = await failure(
      clientWith('wrong').textToSpeech.stream('George', { text: 'Never spoken' }),
    )
    expect(wrongKey).toMatchObject({ statusCode: 401, body: { detail: { status: 'invalid_api_key' } } })
    const noVoice = await failure(client.textToSpeech.stream('missing', { text: 'Never spoken' }))
    expect(noVoice).toMatchObject({ statusCode: 404, body: { detail: { status: 'voice_not_found' } } })
    const noText = await failure(client.textToSpeech.convert('George', { text: '' }))
    expect(noText).toBeInstanceOf(ElevenLabsError)
    expect(noText?.constructor.name).toBe('UnprocessableEntityError')
    expect(noText?.body).toMatchObject({ detail: [{ loc: ['body', 'text'], msg: 'must not be empty' }] })
    await world.vendors.always('elevenlabs', statusFault(401))
    const refused = await failure(client.textToSpeech.stream('George', { text: 'Never spoken' }))
    // Not one of those that its SDK repeats.
    expect(refused).toMatchObject({
      statusCode: 403,
      body: { detail: { status: 'speech_credentials_refused' } },
    })
    await world.vendors.always('elevenlabs', statusFault(429))
    const busy = await failure(client.textToSpeech.stream('George', { text: 'Never spoken' }))
    expect(busy).toMatchObject({ statusCode: 503, body: { detail: { status: 'system_busy' } } })
  })
})

describe('the package openai, by its base URL alone', () => {
  let client: OpenAI
  const clientWith = (apiKey: string) =>
    new OpenAI({ apiKey, baseURL: `${world.service.baseUrl}/v1`, maxRetries: 0 })
  beforeAll(() => {
    client = clientWith(KEY)
  })
  const speech = { model: 'tts-1', voice: 'alloy', input: 'Hello from the other SDK' } as const

  it('speaks, and the clip is stored', async () => {
    const response = await client.audio.speech.create({ ...speech, speed: 2 })
    const audio = new Uint8Array(await response.arrayBuffer())
    const clip = await storedClip(response.headers.get('x-clip-id'))
    expect(clip).toMatchObject({
      provider: 'pinata',
      cid: await independentCid(audio),
      mimeType: 'audio/mpeg',
    })
    expect(await lastSpeech()).toEqual({
      path: '/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb/stream?output_format=mp3_44100_128',
      body: { text: speech.input, model_id: 'eleven_flash_v2_5', voice_settings: { speed: 1.2 } },
    })
  })

  it('hands out the voices that there are, and takes any other name for a voice’s id', async () => {
    const pathFor = async (voice: string) => {
      await (await client.audio.speech.create({ ...speech, voice })).arrayBuffer()
      return (await lastSpeech()).path?.split('/')[3]
    }
    expect(await pathFor('echo')).toBe('EXAVITQu4vr4xnSDxMaL')
    expect(await pathFor('alloy')).toBe('JBFqnCBsd6RMkjVDRZzb')
    expect(await pathFor('my_voice')).toBe('my_voice')
  })

  it('gets PCM as OpenAI speaks it', async () => {
    const response = await client.audio.speech.create({ ...speech, response_format: 'pcm' })
    expect(response.headers.get('content-type')).toBe('audio/pcm')
    await response.arrayBuffer()
    expect((await lastSpeech()).path).toMatch(/output_format=pcm_24000$/)
  })

  const failure = (speaking: Promise<unknown>) =>
    speaking.catch((error: InstanceType<typeof OpenAI.APIError>) => error)

  it('understands our errors', async () => {
    const wrongKey = await failure(clientWith('wrong').audio.speech.create(speech))
    expect(wrongKey).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(wrongKey).toMatchObject({ code: 'invalid_api_key', type: 'invalid_request_error' })
    const noVoice = await failure(client.audio.speech.create({ ...speech, voice: 'missing' }))
    expect(noVoice).toBeInstanceOf(OpenAI.NotFoundError)
    const noFormat = await failure(
      client.audio.speech.create({ ...speech, response_format: 'nonsense' as never }),
    )
    expect(noFormat).toBeInstanceOf(OpenAI.BadRequestError)
    expect(noFormat).toMatchObject({ param: 'response_format', code: 'invalid_request' })
    expect(String(noFormat)).toMatch(/response_format: must be one of mp3, opus, aac, flac, wav, pcm/)
    const noText = await failure(client.audio.speech.create({ ...speech, input: '' }))
    expect(noText).toMatchObject({
      param: 'input',
      message: expect.stringMatching(/input: must not be empty/),
    })
    const instructed = await failure(
      client.audio.speech.create({ ...speech, model: 'gpt-4o-mini-tts', instructions: 'Whisper' }),
    )
    expect(instructed).toBeInstanceOf(OpenAI.BadRequestError)
    expect(instructed).toMatchObject({
      param: 'instructions',
      message: expect.stringMatching(/leave it out/),
    })
    await world.vendors.always('elevenlabs', statusFault(401))
    const ours = await failure(client.audio.speech.create({ ...speech, input: 'Never spoken' }))
    expect((ours as InstanceType<typeof OpenAI.APIError>).headers?.get('x-should-retry')).toBe('false')
    await world.vendors.always('elevenlabs', statusFault(500))
    const unlucky = { ...speech, input: 'Never spoken' }
    expect(await failure(client.audio.speech.create(unlucky))).toBeInstanceOf(OpenAI.InternalServerError)
    expect(await failure(client.models.retrieve('none'))).toBeInstanceOf(OpenAI.NotFoundError)
  })
})
