import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { initializeLogger, tts } from '@livekit/agents'
import { TTS as ElevenLabs } from '@livekit/agents-plugin-elevenlabs'
import { TTS as OpenAi } from '@livekit/agents-plugin-openai'
import { cleanUpServices, startService } from '../support/service.ts'

// Run with `npm run test:livekit`, which installs LiveKit's agents first, and builds.
const SAMPLE_RATE_HZ = 24_000

describe('LiveKit’s agents', () => {
  /** @type {import('../support/service.ts').Service} */
  let service
  before(async () => {
    initializeLogger({ pretty: false, level: 'error' })
    service = await startService({ environment: { SPEECH_PROVIDER: 'local', IPFS_PROVIDERS: 'embedded' } })
  })
  after(cleanUpServices)

  const elevenLabs = () =>
    new ElevenLabs({
      ...{ apiKey: 'any', baseURL: `${service.baseUrl}/v1` },
      ...{ voiceId: 'slt', encoding: 'pcm_24000' },
    })

  /** @param {AsyncIterable<{ frame: { samplesPerChannel: number } }>} frames */
  async function secondsOf(frames) {
    let samples = 0
    for await (const { frame } of frames) samples += frame.samplesPerChannel
    return samples / SAMPLE_RATE_HZ
  }

  it('stream texts to ElevenLabs’ door, and get audio with its words', async () => {
    const speech = elevenLabs()
    const stream = speech.stream()
    stream.pushText('Hello from LiveKit. ')
    stream.pushText('This is a second sentence.')
    stream.flush()
    stream.endInput()
    let samples = 0
    let words = ''
    for await (const event of stream) {
      if (event === tts.SynthesizeStream.END_OF_STREAM) break
      samples += event.frame.samplesPerChannel
      words += (event.timedTranscripts ?? []).map(({ text }) => text).join('')
    }
    assert.ok(samples / SAMPLE_RATE_HZ > 2)
    assert.match(words, /Hello from LiveKit\. ?This is a second sentence\./)
    await speech.close()
  })

  it('speak whole texts at both doors', async () => {
    assert.ok((await secondsOf(elevenLabs().synthesize('A single sentence.'))) > 0.5)
    const options = { apiKey: 'any', baseURL: `${service.baseUrl}/v1`, voice: 'alloy', model: 'tts-1' }
    assert.ok((await secondsOf(new OpenAi(options).synthesize('A single sentence.'))) > 0.5)
  })
})
