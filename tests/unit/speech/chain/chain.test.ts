import { ReadableStream } from 'node:stream/web'
import { describe, expect, it } from 'vitest'
import type { SpeechVendorName } from '#lib/config/speech.ts'
import { type ErrorCode, ServiceError } from '#lib/model/errors.ts'
import type { SpeechAttempt } from '#lib/speech/chain/attempt.ts'
import { createSpeechChain } from '#lib/speech/chain/chain.ts'
import { createVoiceMap } from '#lib/speech/chain/voice-map.ts'
import { elevenLabsFields } from '#lib/speech/elevenlabs/fields.ts'
import { localFields } from '#lib/speech/local/fields.ts'
import { openAiFields } from '#lib/speech/openai/fields.ts'
import type { Speech, SpeechRequest } from '#lib/speech/speech.ts'
import { createSimulatedClock } from '../../../support/simulated-clock.ts'
import { bytesOf, never } from '../speech-conformance.ts'

const fields = { elevenlabs: elevenLabsFields, openai: openAiFields, local: localFields }
const request: SpeechRequest = { text: 'Hello', voiceId: 'george', modelId: 'eleven_v3' }

type Behaviour = 'speaks' | 'hangs' | 'breaks' | ErrorCode | ServiceError

/** A vendor that behaves as it is told, and remembers what it was asked. */
function createVendor(name: SpeechVendorName) {
  const asked: SpeechRequest[] = []
  const vendor = {
    asked,
    behaviour: 'speaks' as Behaviour,
    cancelled: 0,
    speech: {
      vendor: {
        name,
        defaults: { modelId: `${name}-model`, outputFormat: 'mp3_44100_128' },
        exampleVoiceId: `${name}-voice`,
        fields: fields[name],
      },
      async speak(given, { signal }) {
        asked.push(given)
        const { behaviour } = vendor
        if (behaviour === 'hangs') {
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              vendor.cancelled += 1
              reject(signal.reason)
            })
          })
        }
        if (ServiceError.isInstance(behaviour)) throw behaviour
        if (behaviour !== 'speaks' && behaviour !== 'breaks')
          throw new ServiceError(behaviour, `${name} failed`)
        const audio = new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(new TextEncoder().encode(name)),
          pull(controller) {
            if (behaviour === 'breaks')
              controller.error(new ServiceError('speech_stream_broken', 'It broke off'))
            else controller.close()
          },
        })
        const spokenBy = { vendor: name, voiceId: given.voiceId, modelId: given.modelId ?? `${name}-model` }
        return { audio, outputFormat: 'mp3_44100_128', spokenBy }
      },
      voices: async () => [{ id: `${name}-voice`, name }],
      close: async () => {},
    } satisfies Speech,
  }
  return vendor
}

function createWorld(
  names: SpeechVendorName[] = ['elevenlabs', 'openai', 'local'],
  voiceMap = {},
  limit = (speech: Speech): Speech => speech,
) {
  const clock = createSimulatedClock({ now: 1_000_000 })
  const vendors = names.map(createVendor)
  const attempts: SpeechAttempt[] = []
  const notes: [string, string | undefined][] = []
  const [first, ...rest] = vendors.map(({ speech }): Speech => speech) as [Speech, ...Speech[]]
  const chain = createSpeechChain({
    vendors: [first, ...rest],
    voiceMap: createVoiceMap(voiceMap),
    limit,
    clock,
    timeoutMs: 60_000,
    firstByteTimeoutMs: 15_000,
    onAttempt: (attempt) => attempts.push(attempt),
    onNote: (vendor, note) => notes.push([vendor, note]),
  })
  const speak = async (changes: Partial<SpeechRequest> = {}) => {
    const spoken = await chain.speak({ ...request, ...changes }, { signal: never, clipId: 'clip' })
    return { ...spoken, said: (await bytesOf(spoken.audio)).toString() }
  }
  const [elevenlabs, openai, local] = vendors as ReturnType<typeof createVendor>[]
  return { clock, chain, speak, attempts, notes, elevenlabs, openai, local } as {
    clock: typeof clock
    chain: typeof chain
    speak: typeof speak
    attempts: typeof attempts
    notes: typeof notes
    elevenlabs: ReturnType<typeof createVendor>
    openai: ReturnType<typeof createVendor>
    local: ReturnType<typeof createVendor>
  }
}

const breakersOf = (world: ReturnType<typeof createWorld>) =>
  world.chain.states().map(({ breaker }) => breaker)

describe('a chain of speech vendors', () => {
  it('has the first one speak, and asks no other', async () => {
    const world = createWorld()
    expect(await world.speak()).toMatchObject({ said: 'elevenlabs', spokenBy: { modelId: 'eleven_v3' } })
    expect(world.elevenlabs.asked).toEqual([request])
    expect(world.openai.asked).toEqual([])
    expect(world.attempts).toMatchObject([
      { vendor: 'elevenlabs', outcome: 'spoken', clipId: 'clip', characters: 5, firstByteMs: 0 },
    ])
  })

  it.each<ErrorCode>([
    'speech_quota_exceeded',
    'speech_overloaded',
    'speech_credentials_refused',
    'speech_unavailable',
    'speech_timeout',
    'speech_invalid_answer',
  ])('gives way to the next one at %s, in its voice and with its model, in the same format', async (code) => {
    const world = createWorld()
    world.elevenlabs.behaviour = code
    const spoken = await world.speak()
    expect(spoken).toMatchObject({ said: 'openai', spokenBy: { vendor: 'openai', voiceId: 'openai-voice' } })
    expect(world.openai.asked).toEqual([
      { ...request, voiceId: 'openai-voice', modelId: undefined, outputFormat: 'mp3_44100_128' },
    ])
  })

  it.each<ErrorCode>(['invalid_request', 'voice_not_found'])(
    'gives the caller %s of the first one, and asks no other',
    async (code) => {
      const world = createWorld()
      world.elevenlabs.behaviour = code
      await expect(world.speak()).rejects.toMatchObject({ code })
      expect([world.openai.asked, world.local.asked]).toEqual([[], []])
      expect(breakersOf(world)).toEqual(['closed', 'closed', 'closed'])
    },
  )

  it('goes on to the next one where a stand-in cannot take the request', async () => {
    const world = createWorld()
    world.elevenlabs.behaviour = 'speech_unavailable'
    world.openai.behaviour = 'voice_not_found'
    expect(await world.speak()).toMatchObject({ said: 'local' })
  })

  it('asks no other once the first byte was handed on', async () => {
    const world = createWorld()
    world.elevenlabs.behaviour = 'breaks'
    await expect(world.speak()).rejects.toMatchObject({ code: 'speech_stream_broken' })
    expect(world.openai.asked).toEqual([])
    expect(world.attempts).toMatchObject([{ outcome: 'stream_broken', firstByteMs: 0 }])
  })

  it('cancels one that is too slow, and counts what that may have cost', async () => {
    const world = createWorld()
    world.elevenlabs.behaviour = 'hangs'
    const speaking = world.speak()
    await world.clock.advance(15_000)
    expect(await speaking).toMatchObject({ said: 'openai' })
    expect(world.elevenlabs.cancelled).toBe(1)
    expect(world.attempts).toMatchObject([
      { vendor: 'elevenlabs', outcome: 'timeout', durationMs: 15_000, firstByteMs: undefined },
      { vendor: 'openai', outcome: 'spoken' },
    ])
  })

  it('leaves the last one the rest of the time, and no more than that', async () => {
    const world = createWorld(['elevenlabs', 'local'])
    world.elevenlabs.behaviour = 'hangs'
    let limitMs: number | undefined
    const speech = world.openai.speech
    const { speak } = speech
    speech.speak = (given, options) => {
      limitMs = options.timeoutMs
      return speak(given, options)
    }
    const speaking = world.speak()
    await world.clock.advance(15_000)
    await speaking
    expect(limitMs).toBe(45_000)
  })

  it('does not count the wait for a slot against a vendor', async () => {
    const slot = Promise.withResolvers<void>()
    const world = createWorld(['elevenlabs', 'openai'], {}, (speech) => ({
      ...speech,
      async speak(given, options) {
        await slot.promise
        return speech.speak(given, options)
      },
    }))
    const speaking = world.chain.speak(request, { signal: never, priority: 'background' })
    await world.clock.advance(100_000)
    slot.resolve()
    expect(await speaking).toMatchObject({ spokenBy: { vendor: 'elevenlabs' } })
    expect(breakersOf(world)).toEqual(['closed', 'closed'])
  })

  it('says what each one said where all have failed, with the code of the first', async () => {
    const world = createWorld()
    world.elevenlabs.behaviour = 'speech_quota_exceeded'
    world.openai.behaviour = 'speech_unavailable'
    world.local.behaviour = 'speech_unavailable'
    await expect(world.speak()).rejects.toMatchObject({
      code: 'speech_quota_exceeded',
      message: 'elevenlabs failed. openai failed. local failed',
      providers: [
        { provider: 'elevenlabs', attempts: 1, error: 'elevenlabs failed' },
        { provider: 'openai' },
        { provider: 'local' },
      ],
    })
  })

  it('gives the error itself where there is one vendor, which is always asked', async () => {
    const world = createWorld(['elevenlabs'])
    const refusal = new ServiceError('speech_unavailable', 'down')
    world.elevenlabs.behaviour = refusal
    for (let count = 0; count < 4; count++) await expect(world.speak()).rejects.toBe(refusal)
    expect(world.elevenlabs.asked).toHaveLength(4)
    expect(breakersOf(world)).toEqual(['open'])
  })

  it('asks one that has failed twice in a row no more until its cool-down is over, then once', async () => {
    const world = createWorld()
    world.elevenlabs.behaviour = 'speech_unavailable'
    await world.speak()
    await world.speak()
    expect(breakersOf(world)).toEqual(['open', 'closed', 'closed'])
    await world.speak()
    expect(world.elevenlabs.asked).toHaveLength(2)
    await world.clock.advance(10_000)
    expect(breakersOf(world)).toEqual(['half_open', 'closed', 'closed'])
    await world.speak()
    expect(world.elevenlabs.asked).toHaveLength(3)
    world.elevenlabs.behaviour = 'speaks'
    await world.clock.advance(20_000)
    expect(await world.speak()).toMatchObject({ said: 'elevenlabs' })
    expect(breakersOf(world)).toEqual(['closed', 'closed', 'closed'])
  })

  it('takes it for a fault when audio breaks off, twice in a row', async () => {
    const world = createWorld()
    world.elevenlabs.behaviour = 'breaks'
    for (let count = 0; count < 2; count++) await expect(world.speak()).rejects.toThrow('It broke off')
    expect(breakersOf(world)).toEqual(['open', 'closed', 'closed'])
    expect(await world.speak()).toMatchObject({ said: 'openai' })
  })

  it('waits for the first byte where a vendor sends the whole at once', async () => {
    const world = createWorld()
    Object.assign(world.elevenlabs.speech.vendor, { sendsWhole: (format: string) => format === 'wav_44100' })
    world.elevenlabs.behaviour = 'hangs'
    const speaking = world.speak({ outputFormat: 'wav_44100' })
    speaking.catch(() => {})
    await world.clock.advance(15_000)
    expect(world.elevenlabs.cancelled).toBe(0)
    world.elevenlabs.behaviour = 'speaks'
    const other = world.speak()
    expect(await other).toMatchObject({ said: 'elevenlabs' })
  })

  it('asks no stand-in for work in the background, which can wait', async () => {
    const world = createWorld()
    world.elevenlabs.behaviour = 'speech_quota_exceeded'
    const speaking = world.chain.speak(request, { signal: never, priority: 'background' })
    await expect(speaking).rejects.toMatchObject({ code: 'speech_quota_exceeded' })
    expect(world.openai.asked).toEqual([])
  })

  it('asks one whose breaker is open last, rather than none', async () => {
    const world = createWorld(['elevenlabs', 'openai'])
    world.elevenlabs.behaviour = 'speech_unavailable'
    world.openai.behaviour = 'speech_overloaded'
    for (let count = 0; count < 2; count++) await expect(world.speak()).rejects.toThrow()
    world.elevenlabs.behaviour = 'speaks'
    expect(await world.speak()).toMatchObject({ said: 'elevenlabs' })
  })

  it.each([
    ['speech_quota_exceeded', 'Its quota is used up'],
    ['speech_credentials_refused', 'It refuses the credentials'],
  ] as const)('notes %s once, rests at once, and forgets it when the vendor speaks', async (code, note) => {
    const world = createWorld()
    world.elevenlabs.behaviour = code
    await world.speak()
    await world.speak()
    expect(world.chain.states()[0]).toEqual({
      vendor: 'elevenlabs',
      breaker: 'open',
      note,
      isQuotaUsedUp: code === 'speech_quota_exceeded',
    })
    expect(world.elevenlabs.asked).toHaveLength(1)
    world.elevenlabs.behaviour = 'speaks'
    await world.clock.advance(60_000)
    await world.speak()
    expect(world.notes).toEqual([
      ['elevenlabs', note],
      ['elevenlabs', undefined],
    ])
  })

  it('has each voice stood in for as the map says', async () => {
    const map = { george: { openai: 'alloy', elevenlabs: 'George_1' }, '*': { openai: 'nova' } }
    const world = createWorld(undefined, map)
    await world.speak()
    expect(world.elevenlabs.asked[0]?.voiceId).toBe('George_1')
    world.elevenlabs.behaviour = 'speech_unavailable'
    await world.speak()
    await world.speak({ voiceId: 'sarah' })
    await world.speak({ voiceId: 'constructor' })
    expect(world.openai.asked.map(({ voiceId }) => voiceId)).toEqual(['alloy', 'nova', 'nova'])
  })

  it('refuses what the first one cannot take, whoever would be asked', async () => {
    const world = createWorld()
    world.elevenlabs.behaviour = 'speech_quota_exceeded'
    await world.speak()
    await expect(world.speak({ instructions: 'Whisper' })).rejects.toMatchObject({
      errors: [{ path: 'instructions' }],
    })
  })

  it('passes over stand-ins that would break a promise, and warns of what another one leaves out', async () => {
    const world = createWorld()
    world.elevenlabs.behaviour = 'speech_unavailable'
    const spoken = await world.speak({ enableLogging: false, previousText: 'Before.' })
    expect(spoken).toMatchObject({
      said: 'local',
      warnings: ['The built-in voice has nothing like previousText; it had no effect'],
    })
    expect(world.openai.asked).toEqual([])
  })

  it('stops when the caller does, without asking the next', async () => {
    const world = createWorld()
    world.elevenlabs.behaviour = 'hangs'
    const stop = new AbortController()
    const speaking = world.chain.speak(request, { signal: stop.signal })
    const reason = new Error('stopping')
    stop.abort(reason)
    await expect(speaking).rejects.toBe(reason)
    expect(world.openai.asked).toEqual([])
    expect(world.attempts).toMatchObject([{ outcome: 'cancelled' }])
  })
})
