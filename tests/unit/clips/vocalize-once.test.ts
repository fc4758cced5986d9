import { readdir, readFile } from 'node:fs/promises'
import { ReadableStream } from 'node:stream/web'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { hostIdentity } from '#lib/platform/process-identity.ts'
import type { SpeechChain, VendorState } from '#lib/speech/speech.ts'
import { createLog } from '#lib/telemetry/log.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const opened: Services[] = []
let directory: string

beforeEach(async () => {
  directory = await temporaryDirectory()
})

afterEach(async () => {
  for (const services of opened.splice(0)) await services.catalog.close()
})

/** Speaks each text as as many PCM samples as it has characters, and counts how often it is asked. */
function createCountingSpeech() {
  let calls = 0
  let failure: Error | undefined
  let speaker: 'elevenlabs' | 'local' = 'elevenlabs'
  let breaker: VendorState['breaker'] = 'closed'
  const speech: SpeechChain = {
    states: () => [{ vendor: 'elevenlabs', breaker, isQuotaUsedUp: false }],
    vendor: {
      name: 'elevenlabs',
      defaults: { modelId: 'eleven_multilingual_v2', outputFormat: 'mp3_44100_128' },
      exampleVoiceId: 'slt',
      fields: {},
    },
    async speak({ text, voiceId }) {
      calls += 1
      await new Promise(setImmediate)
      if (failure) throw failure
      const audio = ReadableStream.from([new Uint8Array(text.length * 2).fill(calls)])
      const spokenBy = { vendor: speaker, voiceId, modelId: 'test' }
      return { audio, outputFormat: 'pcm_8000', spokenBy }
    },
    voices: async () => [],
    close: async () => {},
  }
  return {
    speech,
    get calls() {
      return calls
    },
    /** Who speaks in place of ElevenLabs, and what is known of that. */
    standIn(vendor: typeof speaker, state: typeof breaker) {
      speaker = vendor
      breaker = state
    },
    failWith(error: Error | undefined) {
      failure = error
    },
  }
}

function open(speech: SpeechChain, environment: Record<string, string> = {}): Services {
  const config = readConfig({ TEMP_AUDIO_DIR: directory, PINATA_JWT: '', ...environment })
  const log = createLog({ level: 'silent', scrub: (text) => text })
  const services = createServices(config, { speech, log })
  opened.push(services)
  return services
}

/** One of several processes of this host that can be seen to live. */
const living = (services: Services, n: number): Services => ({
  ...services,
  leaseOwner: `${hostIdentity}:${process.ppid}:${n}`,
})

const hello = { text: 'Hello', voiceId: 'slt', outputFormat: 'pcm_8000' }
const context = { requestId: 'test' }

describe('the same request', () => {
  it('is answered with the clip that exists, without a call to the vendor', async () => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    const first = await vocalizeOnce(services, hello, context)
    const second = await vocalizeOnce(services, { ...hello, text: ' Hello ' }, context)
    expect(first.isReused).toBeUndefined()
    expect(second).toMatchObject({ id: first.id, cid: first.cid, isReused: true })
    expect(vendor.calls).toBe(1)
    await services.tasks.settled()
    const counters = await services.catalog.counters.read()
    expect(counters).toMatchObject({ characters_spoken: { '': 5 }, characters_saved: { '': 5 } })
  })

  it('is the same request however its letters are composed in Unicode', async () => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    await vocalizeOnce(services, { ...hello, text: 'Cr\u00e8me' }, context)
    await vocalizeOnce(services, { ...hello, text: 'Cre\u0300me' }, context)
    expect(vendor.calls).toBe(1)
  })

  it.each([
    ['text', { text: 'hello' }],
    ['voice', { voiceId: 'rms' }],
    ['model', { modelId: 'eleven_v3' }],
    ['format', { outputFormat: 'pcm_16000' }],
    ['settings', { voiceSettings: { speed: 1.1 } }],
    ['language', { languageCode: 'de' }],
    ['seed', { seed: 7 }],
  ])('is spoken anew with another %s', async (_, change) => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    await vocalizeOnce(services, hello, context)
    await vocalizeOnce(services, { ...hello, ...change }, context)
    expect(vendor.calls).toBe(2)
  })

  it('is spoken once when two processes get it a hundred times at once', async () => {
    const vendor = createCountingSpeech()
    const processes = [1, 2].map((n) => living(open(vendor.speech), n))
    const asked = Array.from({ length: 100 }, (_, n) =>
      vocalizeOnce(processes[n % 2] as Services, hello, context),
    )
    const clips = await Promise.all(asked)
    expect(vendor.calls).toBe(1)
    expect(new Set(clips.map((clip) => clip.id)).size).toBe(1)
    expect(clips.filter((clip) => !clip.isReused)).toHaveLength(1)
  })

  it('is spoken anew with reuse: false, and where reuse is off', async () => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    await vocalizeOnce(services, hello, context)
    await vocalizeOnce(services, { ...hello, reuse: false }, context)
    await vocalizeOnce(open(vendor.speech, { REUSE: 'off' }), hello, context)
    expect(vendor.calls).toBe(3)
  })

  it('is spoken anew for a caller of another scope, also when both ask at once', async () => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    const [mine, others] = await Promise.all(
      ['key:1', 'key:2'].map((reuseScope) => vocalizeOnce(services, hello, { ...context, reuseScope })),
    )
    expect(vendor.calls).toBe(2)
    expect(others?.id).not.toBe(mine?.id)
    const again = await vocalizeOnce(services, hello, { ...context, reuseScope: 'key:1' })
    expect(again).toMatchObject({ id: mine?.id, isReused: true })
  })

  it('is spoken anew once its clip has expired', async () => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    const { id } = await vocalizeOnce(services, hello, context)
    const now = services.clock.now() + 7_200_000
    await services.catalog.queue.release(services.leaseOwner)
    expect(await services.catalog.clips.expire(id, { error: 'nobody took it', now })).toBe(true)
    const again = await vocalizeOnce(services, hello, context)
    expect(again.id).not.toBe(id)
    expect(vendor.calls).toBe(2)
  })

  it('never gets the clip of a stand-in for the original, and gets it again only while the vendor is down', async () => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    const ask = (request = hello) => vocalizeOnce(services, request, context)
    // Nobody knows yet that the vendor is down.
    vendor.standIn('local', 'closed')
    const first = await ask()
    expect(first.speech?.spokenBy.vendor).toBe('local')
    vendor.standIn('local', 'open')
    expect(await ask()).toMatchObject({ id: first.id, isReused: true })
    const piece = await vocalizeOnce(services, hello, { ...context, priority: 'background' })
    expect(piece.id).not.toBe(first.id)
    vendor.standIn('elevenlabs', 'closed')
    const original = await ask()
    expect(original).toMatchObject({ speech: { spokenBy: { vendor: 'elevenlabs' } } })
    expect(original.isReused).toBeUndefined()
    // The original is there: nothing is spoken, however the vendor is.
    vendor.standIn('local', 'open')
    expect(await ask()).toMatchObject({ id: original.id, isReused: true })
    expect(vendor.calls).toBe(3)
  })

  it('gets no clip of a stand-in that a process left claimed for the original when it was killed', async () => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    vendor.standIn('local', 'closed')
    const { giveUp } = services.catalog.requests
    services.catalog.requests.giveUp = () => Promise.reject(new Error('killed'))
    const standIn = await vocalizeOnce(services, hello, context)
    services.catalog.requests.giveUp = giveUp
    vendor.standIn('elevenlabs', 'closed')
    const original = await vocalizeOnce(services, hello, context)
    expect(original.id).not.toBe(standIn.id)
    expect(original.speech?.spokenBy.vendor).toBe('elevenlabs')
  })

  it('is spoken when it comes again after the vendor refused it', async () => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    vendor.failWith(new ServiceError('speech_overloaded', 'busy'))
    const refused = await Promise.allSettled([1, 2, 3].map(() => vocalizeOnce(services, hello, context)))
    expect(refused.map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(vendor.calls).toBe(1)
    vendor.failWith(undefined)
    expect((await vocalizeOnce(services, hello, context)).isReused).toBeUndefined()
  })

  it('does not wait with a piece in the background that waits for its slot, which gets the clip then', async () => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    const slot = Promise.withResolvers<void>()
    const isWaiting = Promise.withResolvers<void>()
    const { speak } = vendor.speech
    vendor.speech.speak = async (request, options) => {
      if (options.priority === 'background') {
        isWaiting.resolve()
        await slot.promise
        await options.beforeSpeaking?.()
      }
      return speak(request, options)
    }
    const began: string[] = []
    const background = (name: string) => {
      const beforeSpeaking = async () => void began.push(name)
      return vocalizeOnce(services, hello, { ...context, priority: 'background', beforeSpeaking })
    }
    const pieces = [background('first'), background('second')]
    await isWaiting.promise
    const single = await vocalizeOnce(services, hello, context)
    slot.resolve()
    for (const piece of await Promise.all(pieces))
      expect(piece).toMatchObject({ id: single.id, isReused: true })
    expect(began).toEqual([])
    expect(vendor.calls).toBe(1)
    expect((await services.catalog.totals()).heldClips).toBe(1)
  })

  it('is spoken once by several pieces in the background, whose turn comes one after the other', async () => {
    const vendor = createCountingSpeech()
    const services = open(vendor.speech)
    const { speak } = vendor.speech
    vendor.speech.speak = async (request, options) => {
      await options.beforeSpeaking?.()
      return speak(request, options)
    }
    const background = () => vocalizeOnce(services, hello, { ...context, priority: 'background' })
    const clips = await Promise.all([background(), background(), background()])
    expect(new Set(clips.map(({ id }) => id)).size).toBe(1)
    expect(clips.filter(({ isReused }) => isReused)).toHaveLength(2)
    expect(vendor.calls).toBe(1)
  })

  it('leaves no trace of its text in the catalog', async () => {
    const services = open(createCountingSpeech().speech)
    await vocalizeOnce(services, { ...hello, text: 'A secret between us' }, context)
    await services.catalog.close()
    const names = (await readdir(directory)).filter((name) => name.startsWith('catalog'))
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) {
      expect((await readFile(`${directory}/${name}`)).includes('secret between')).toBe(false)
    }
  })
})
