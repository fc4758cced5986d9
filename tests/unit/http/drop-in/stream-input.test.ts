import { once } from 'node:events'
import { type IncomingMessage, request as send } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { ServiceError } from '#lib/model/errors.ts'
import { speechMp3 } from '../../../support/stub-vendors/audio.ts'
import { until } from '../../../support/until.ts'
import { RecordingSpeech } from '../../scripts/script-world.ts'
import { streamWorld } from './stream-input-world.ts'

const open = { text: ' ', voice_settings: { stability: 0.5 } }
const first = 'This is a first sentence that is long enough to be spoken alone. '
const second = 'This is a second one, which comes some time after the first one was said. '
const pieces = [`${first}${second}`.trim(), 'The end.']

describe('the WebSocket stream-input', () => {
  it('speaks texts as they come, sends the audio, and keeps one clip of the whole in the end', async () => {
    const { connect, joined, speech, services } = await streamWorld()
    const client = connect('slt/stream-input?model_id=eleven_flash_v2_5&output_format=mp3_44100_128')
    client.send(open, { text: first }, { text: second })
    await until('audio before the text is over', () => client.answers.length > 0)
    client.send({ text: 'The end. ' }, { text: '' })
    expect(await client.closed).toBe(1000)
    expect(speech.texts).toEqual(pieces)
    expect(speech.asked[0]).toMatchObject({ voiceId: 'slt', voiceSettings: { stability: 0.5 } })
    expect(client.audio()).toEqual(Buffer.concat(pieces.map((piece) => speechMp3(100, piece))))
    expect(client.answers.at(-1)).toMatchObject({ isFinal: true, audio: null })
    const { script, clip } = await joined(client.answers[0]?.scriptId)
    expect(script).toMatchObject({ pieceCount: 2, spokenPieces: 2, characters: pieces.join('').length })
    expect(clip).toMatchObject({ characters: pieces.join('').length, voiceId: 'slt' })
    expect(clip?.durationMs).toBeGreaterThan(150)
    expect(await services.store.blob(clip?.id ?? '')).not.toBeNull()
  })

  it('speaks at once what is flushed, and each text where the client asks for that', async () => {
    const { connect, speech } = await streamWorld()
    const client = connect('slt/stream-input?auto_mode=true')
    client.send(open, { text: 'One. ' }, { text: 'Two. ' })
    await until('two pieces', () => speech.texts.length === 2)
    const other = connect('slt/stream-input')
    other.send(open, { text: 'Three. ', flush: true })
    await until('three pieces', () => speech.texts.length === 3)
    expect(speech.texts.toSorted()).toEqual(['One.', 'Three.', 'Two.'])
  })

  it('says when which character is spoken, where it is asked for and known', async () => {
    const speech = new RecordingSpeech()
    speech.hasTimestamps = true
    const { connect } = await streamWorld({ speech })
    const client = connect('slt/stream-input?sync_alignment=true')
    client.send(open, { text: 'One two. ' }, { text: '' })
    await client.closed
    const { alignment } = client.answers.find((answer) => answer.alignment) ?? {}
    expect(alignment?.chars.join('')).toBe('One two.')
    expect(alignment?.charStartTimesMs).toHaveLength(8)
  })

  it('keeps what was spoken where the client hangs up, joins it, and speaks nothing more', async () => {
    const { connect, joined, speech, services } = await streamWorld()
    const { promise: hungUp, resolve: goOn } = Promise.withResolvers<void>()
    speech.beforeChunk = (sizeBytes) => (sizeBytes === 500 ? hungUp : undefined)
    const client = connect('slt/stream-input')
    client.send(open, { text: first, flush: true }, { text: second, flush: true })
    await until('audio', () => client.answers.length > 0)
    client.hangUp()
    await until(
      'the hang-up was noticed',
      () => services.connectionLimit !== undefined && speech.texts.length === 1,
    )
    goOn()
    const { clip, script } = await joined(client.answers[0]?.scriptId)
    expect(speech.texts).toEqual([first.trim()])
    expect(script).toMatchObject({ pieceCount: 1, spokenPieces: 1 })
    expect(clip?.state).toMatch(/staged|pending|stored/)
  })

  it('tells what a voice refuses in the words of ElevenLabs, and joins what was spoken before', async () => {
    const { connect, joined, speech } = await streamWorld()
    const client = connect('slt/stream-input')
    client.send(open, { text: first, flush: true })
    await until('audio', () => client.answers.length > 0)
    speech.onSpeak = () => {
      throw new ServiceError('speech_quota_exceeded', 'The quota is used up')
    }
    client.send({ text: second, flush: true })
    expect(await client.closed).toBe(1011)
    expect(client.answers.at(-1)).toMatchObject({ error: 'quota_exceeded', message: 'The quota is used up' })
    const { script } = await joined(client.answers[0]?.scriptId)
    expect(script).toMatchObject({ pieceCount: 1, characters: first.trim().length })
  })

  it('closes with 1008 and says why where a message is wrong, or none comes for too long', async () => {
    const { connect } = await streamWorld()
    const cases: [string, (object | string)[], string][] = [
      ['slt/stream-input', ['{'], 'invalid_json'],
      ['slt/stream-input', [{ text: 5 }], 'invalid_request'],
      ['slt/stream-input?inactivity_timeout=1', [], 'input_timeout_exceeded'],
    ]
    for (const [path, messages, error] of cases) {
      const client = connect(path)
      client.send(...messages)
      expect(await client.closed).toBe(1008)
      expect(client.answers.at(-1)?.error).toBe(error)
    }
  })

  it('is refused before it is open where its path or query is wrong', async () => {
    const { connect } = await streamWorld()
    const cases = [
      ['slt/stream-input?output_format=wav_24000', 400],
      ['slt/stream-input?output_format=nonsense', 400],
      ['slt/stream-input?enable_ssml_parsing=true', 400],
      ['slt/other', 404],
    ] as const
    for (const [path, status] of cases) {
      await expect(connect(path).closed).rejects.toThrow(`Unexpected server response: ${status}`)
    }
  })

  it('is refused to pages that may not read the service, and not to programs', async () => {
    const { connect } = await streamWorld({ environment: { CORS_ALLOWED_ORIGINS: 'https://ours.example' } })
    await expect(connect('slt/stream-input', { origin: 'https://other.example' }).closed).rejects.toThrow(
      '403',
    )
    for (const headers of [{ origin: 'https://ours.example' }, {}]) {
      const client = connect('slt/stream-input', headers)
      client.send({ text: '' })
      expect(await client.closed).toBe(1000)
    }
  })

  it('gives its connection back where the handshake fails', async () => {
    const { services, port } = await streamWorld()
    const take = vi.spyOn(services.connectionLimit, 'take')
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const request = send({ port, path: '/v1/text-to-speech/slt/stream-input', headers }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(400)
    expect(take).not.toHaveBeenCalled()
  })

  it('takes a key from the headers, or from the first message', async () => {
    const { connect, speech } = await streamWorld({ environment: { VOCALIZE_API_KEYS: 'right-key' } })
    await expect(connect('slt/stream-input', { 'xi-api-key': 'wrong' }).closed).rejects.toThrow('401')
    const withHeader = connect('slt/stream-input', { 'xi-api-key': 'right-key' })
    withHeader.send(open, { text: 'By header. ' }, { text: '' })
    expect(await withHeader.closed).toBe(1000)
    const withMessage = connect('slt/stream-input')
    withMessage.send({ ...open, xi_api_key: 'right-key' }, { text: 'By message. ' }, { text: '' })
    expect(await withMessage.closed).toBe(1000)
    const without = connect('slt/stream-input')
    without.send(open, { text: 'Never spoken. ' })
    expect(await without.closed).toBe(1008)
    expect(without.answers.at(-1)?.error).toBe('invalid_api_key')
    expect(speech.texts).toEqual(['By header.', 'By message.'])
  })

  it('ends the conversation when the service stops, and loses nothing of it', async () => {
    const { connect, joined, front } = await streamWorld()
    const client = connect('slt/stream-input')
    client.send(open, { text: first, flush: true })
    await until('audio', () => client.answers.length > 0)
    const stopping = front.stop()
    expect(await client.closed).toBe(1012)
    await stopping
    expect((await joined(client.answers[0]?.scriptId)).script?.pieceCount).toBe(1)
  })
})

describe('the WebSocket multi-stream-input', () => {
  it('keeps several conversations apart, each with a clip of its own', async () => {
    const { connect, joined } = await streamWorld()
    const client = connect('slt/multi-stream-input?auto_mode=true')
    client.send(
      { ...open, context_id: 'one' },
      { ...open, context_id: 'two' },
      { text: 'Of one. ', context_id: 'one', flush: true },
      { text: 'Of two. ', context_id: 'two', flush: true },
      { text: '', context_id: 'one' },
      { context_id: 'one', close_context: true },
      { close_socket: true },
    )
    expect(await client.closed).toBe(1000)
    const finals = client.answers.filter(({ isFinal }) => isFinal)
    expect(finals.map(({ contextId }) => contextId).toSorted()).toEqual(['one', 'two'])
    expect(client.audio('one')).toEqual(speechMp3(100, 'Of one.'))
    expect(client.audio('two')).toEqual(speechMp3(100, 'Of two.'))
    for (const { scriptId } of finals) expect((await joined(scriptId)).clip?.characters).toBe(7)
  })

  it('ends only the conversation that fails', async () => {
    const { connect, speech } = await streamWorld()
    speech.onSpeak = (text) => {
      if (text.includes('bad')) throw new ServiceError('speech_unavailable', 'It failed')
    }
    const client = connect('slt/multi-stream-input')
    client.send(
      { ...open, context_id: 'bad' },
      { text: 'A bad text. ', context_id: 'bad', flush: true },
      { ...open, context_id: 'good' },
      { text: 'A good text. ', context_id: 'good', flush: true },
      { close_socket: true },
    )
    expect(await client.closed).toBe(1000)
    expect(client.answers).toContainEqual(
      expect.objectContaining({ contextId: 'bad', error: 'speech_unavailable' }),
    )
    expect(client.audio('good')).toEqual(speechMp3(100, 'A good text.'))
  })

  it('opens five conversations at most', async () => {
    const { connect } = await streamWorld()
    const client = connect('slt/multi-stream-input')
    client.send(...Array.from({ length: 6 }, (_, index) => ({ ...open, context_id: `c${index}` })))
    expect(await client.closed).toBe(1008)
  })
})
