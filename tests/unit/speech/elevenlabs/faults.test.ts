import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createElevenLabsSpeech } from '#lib/speech/elevenlabs/adapter.ts'
import { startServer } from '../../ipfs/providers/faulty-server.ts'
import { createFakeClock } from '../fake-clock.ts'
import { someAudio } from '../simulated-audio.ts'
import { bytesOf, errorOf, never } from '../speech-conformance.ts'
import { apiKey, modelId, outputFormat } from './vendor.ts'

type Answer = (response: ServerResponse) => void

const speakWell: Answer = (response) => response.setHeader('content-type', 'audio/mpeg').end(someAudio)
const hangUp: Answer = (response) => response.destroy()
const hangUpAfterHeaders: Answer = (response) => {
  response.setHeader('content-type', 'audio/mpeg').flushHeaders()
  setImmediate(() => response.destroy())
}
const hangUpInTheMiddle: Answer = (response) => {
  response.setHeader('content-type', 'audio/mpeg').write(someAudio, () => response.destroy())
}

describe('ElevenLabs over a connection that fails', () => {
  const request = { text: 'Hello world.', voiceId: 'foo' }
  let server: Awaited<ReturnType<typeof startServer>>
  let answers: Answer[] = []
  let calls = 0
  let encodings: unknown[] = []

  const listen = () =>
    startServer((received, response) => {
      encodings.push(received.headers['accept-encoding'])
      received.resume().on('end', () => answers[Math.min(calls++, answers.length - 1)]?.(response))
    })

  beforeAll(async () => {
    server = await listen()
  })
  beforeEach(() => {
    calls = 0
    encodings = []
  })
  afterAll(() => server.close())

  const create = (baseUrl = server.url) =>
    createElevenLabsSpeech({
      apiKey,
      baseUrl,
      modelId,
      outputFormat,
      timeoutMs: 60_000,
      clock: createFakeClock({ skipsUpToMs: 2000 }),
    })
  const speak = (baseUrl?: string) => create(baseUrl).speak(request, { signal: never })

  it.each([
    ['before any answer', hangUp],
    ['after the headers', hangUpAfterHeaders],
  ])('speaks at the second try when the first one ends %s', async (_, fault) => {
    answers = [fault, speakWell]
    const { audio } = await speak()

    expect(await bytesOf(audio)).toEqual(someAudio)
    expect(calls).toBe(2)
  })

  it('is speech_unavailable when three tries end before the first byte', async () => {
    answers = [hangUp]

    await expect(speak()).rejects.toMatchObject({
      code: 'speech_unavailable',
      message: expect.stringContaining('could not be reached'),
      cause: expect.any(Error),
    })
    expect(calls).toBe(3)
  })

  it('is speech_unavailable when nobody listens', async () => {
    await server.close()
    const refusal = await errorOf(speak(server.url))
    server = await listen()

    expect(refusal).toMatchObject({
      code: 'speech_unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('breaks the audio off with speech_stream_broken after the first byte, and is not tried again', async () => {
    answers = [hangUpInTheMiddle, speakWell]
    const { audio } = await speak()

    await expect(bytesOf(audio)).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'speech_stream_broken',
      cause: expect.any(Error),
    })
    expect(calls).toBe(1)
  })

  const speakWithoutEnd: Answer = (response) => {
    // RFC 9112 §6.3: without a length and without chunks the body ends where the connection does.
    response.useChunkedEncodingByDefault = false
    response.setHeader('content-type', 'audio/mpeg').end(someAudio)
  }
  const speakCompressed: Answer = (response) => {
    const whole = gzipSync(someAudio)
    response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-encoding': 'gzip' })
    response.end(whole.subarray(0, whole.length - 20))
  }

  it.each<[string, Answer, boolean]>([
    ['its length', speakWell, false],
    [
      'a last chunk',
      (response) => response.setHeader('content-type', 'audio/mpeg').write(someAudio, () => response.end()),
      false,
    ],
    ['the end of the connection', speakWithoutEnd, true],
    ['the end of a compressed stream, and that is missing', speakCompressed, true],
  ])('says of audio whose end is told by %s whether that end is proven', async (_, answer, isEndUnproven) => {
    answers = [answer]
    const spoken = await speak()

    expect(spoken.isEndUnproven).toBe(isEndUnproven)
    await bytesOf(spoken.audio)
  })

  it('asks for audio that is not compressed', async () => {
    answers = [speakWell]
    await bytesOf((await speak()).audio)

    expect(encodings).toEqual(['identity'])
  })

  it('breaks the audio off with speech_stream_broken where it is shorter than its stated length', async () => {
    answers = [
      (response) => {
        response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': someAudio.length + 1 })
        response.write(someAudio, () => response.socket?.end())
      },
    ]
    const { audio } = await speak()

    await expect(bytesOf(audio)).rejects.toMatchObject({ code: 'speech_stream_broken' })
  })

  it('follows no redirect, which would carry the key to another host, and does not try again', async () => {
    answers = [
      (response) => response.writeHead(307, { location: `${server.url}/elsewhere` }).end(),
      speakWell,
    ]

    await expect(speak()).rejects.toMatchObject({
      code: 'speech_invalid_answer',
      message: expect.stringContaining('a redirect, which is not followed'),
    })
    expect(calls).toBe(1)
  })

  it('gives up reading a refusal that does not end, and tells what its status says', async () => {
    let sentBytes = 0
    const goOn = (response: ServerResponse) => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x'))) sentBytes += 65_536
    }
    answers = [
      (response) => {
        response.writeHead(401, { 'content-type': 'application/json' }).on('drain', () => goOn(response))
        goOn(response)
      },
    ]

    await expect(speak()).rejects.toMatchObject({ code: 'speech_credentials_refused' })
    expect(sentBytes).toBeLessThan(16 * 1024 * 1024)
  })

  it('gives up reading a list of voices that grows beyond all measure, and says so', async () => {
    const list = gzipSync(JSON.stringify({ voices: [], filler: ' '.repeat(17 * 1024 * 1024) }))
    answers = [
      (response) =>
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(list),
    ]

    await expect(create().voices({ signal: never })).rejects.toMatchObject({
      code: 'speech_invalid_answer',
      message: 'ElevenLabs answered with more than 16777216 bytes',
    })
  })
})
