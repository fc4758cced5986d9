import { ReadableStream, type ReadableStreamDefaultController } from 'node:stream/web'
import { describe, expect, inject, it } from 'vitest'
import { limitSpeech } from '#lib/speech/concurrency.ts'
import type { Speech } from '#lib/speech/speech.ts'
import { FakeSpeech } from '../../support/fake-speech.ts'
import { ownPrefix, testRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'
import { createFakeClock } from './fake-clock.ts'
import { bytesOf, errorOf, never } from './speech-conformance.ts'

const redisUrl = inject('redisUrl')
const request = { text: 'Hello world.', voiceId: 'foo' }
const { vendor } = new FakeSpeech()

/** A vendor whose every speech is controlled by the test. */
function createSteeredSpeech() {
  const controllers: ReadableStreamDefaultController<Uint8Array>[] = []
  let refusal: Error | undefined
  let closed = false
  const speech: Speech = {
    vendor,
    async speak() {
      if (refusal) throw refusal
      const audio = new ReadableStream<Uint8Array>({
        start: (controller) => void controllers.push(controller),
      })
      const spokenBy = { vendor: 'local', voiceId: 'one', modelId: 'steered' }
      return { audio, outputFormat: 'mp3_44100_128', spokenBy }
    },
    voices: async () => [{ id: 'one', name: 'One' }],
    async close() {
      closed = true
    },
  }
  return {
    speech,
    controllers,
    refuseWith: (error: Error | undefined) => {
      refusal = error
    },
    isClosed: () => closed,
  }
}

function setUp(concurrency: number) {
  const clock = createFakeClock()
  const steered = createSteeredSpeech()
  const limited = limitSpeech(steered.speech, { concurrency, queueTimeoutMs: 5000, clock })
  const speak = (signal = never) => limited.speak(request, { signal })
  const speakInBackground = (signal = never) => limited.speak(request, { signal, priority: 'background' })
  /** How many speak, once all that can begin has begun. */
  const begun = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return steered.controllers.length
  }
  return { clock, limited, speak, speakInBackground, begun, ...steered }
}

describe('speech with limited concurrency', () => {
  it('lets `concurrency` requests speak at once, and the next when one has ended', async () => {
    const { speak, begun, controllers } = setUp(2)
    const first = await speak()
    await speak()
    const third = speak()
    expect(await begun()).toBe(2)

    controllers[0]?.enqueue(Buffer.from('audio'))
    controllers[0]?.close()
    expect((await bytesOf(first.audio)).toString()).toBe('audio')
    await third
    expect(await begun()).toBe(3)
  })

  it('holds a slot until the audio has ended, not only begun', async () => {
    const { speak, begun, controllers } = setUp(1)
    const first = await speak()
    controllers[0]?.enqueue(Buffer.from('audio'))
    await first.audio.getReader().read()
    void speak()

    expect(await begun()).toBe(1)
  })

  it('frees the slot when the audio breaks off, and passes the error on', async () => {
    const { speak, controllers } = setUp(1)
    const first = await speak()
    const second = speak()
    const broken = new Error('broken')
    controllers[0]?.error(broken)

    expect(await errorOf(bytesOf(first.audio))).toBe(broken)
    await second
  })

  it('frees the slot when the audio breaks off while it is not read', async () => {
    const { speak, controllers } = setUp(1)
    await speak()
    controllers[0]?.error(new Error('broken'))

    await speak()
  })

  it('frees the slot when the audio is cancelled', async () => {
    const { speak } = setUp(1)
    const first = await speak()
    await first.audio.cancel()

    await speak()
  })

  it('frees the slot when the vendor refuses', async () => {
    const { speak, refuseWith } = setUp(1)
    const refusal = new Error('refused')
    refuseWith(refusal)
    expect(await errorOf(speak())).toBe(refusal)
    refuseWith(undefined)

    await speak()
  })

  it('refuses a request that has waited too long with speech_overloaded and a Retry-After', async () => {
    const { clock, speak } = setUp(1)
    await speak()
    const second = errorOf(speak())
    clock.advance(4999)
    expect(clock.waiting()).toBe(1)
    clock.advance(1)

    expect(await second).toMatchObject({ code: 'speech_overloaded', retryAfterMs: 5000 })
  })

  it('does not lose the slot of a request that was refused', async () => {
    const { clock, speak, begun, controllers } = setUp(1)
    await speak()
    await Promise.all([errorOf(speak()), errorOf(speak()), clock.advance(5000)])
    controllers[0]?.close()

    await speak()
    expect(await begun()).toBe(2)
  })

  it('rejects a request at once that is aborted in the queue, and gives its slot to the next', async () => {
    const { speak, begun, controllers } = setUp(1)
    const stop = new AbortController()
    const reason = new Error('stopping')
    await speak()
    const second = errorOf(speak(stop.signal))
    const third = speak()
    stop.abort(reason)

    expect(await second).toBe(reason)
    controllers[0]?.close()
    await third
    expect(await begun()).toBe(2)
  })

  it('takes no slot for a request that is aborted already', async () => {
    const { speak } = setUp(1)
    const reason = new Error('stopping')

    expect(await errorOf(speak(AbortSignal.abort(reason)))).toBe(reason)
    await speak()
  })

  it('leaves no timer behind', async () => {
    const { clock, speak } = setUp(1)
    await speak()

    expect(clock.waiting()).toBe(0)
  })

  it('is otherwise the vendor that it limits', async () => {
    const { limited, isClosed } = setUp(1)

    expect(limited.vendor).toBe(vendor)
    expect(await limited.voices({ signal: never })).toEqual([{ id: 'one', name: 'One' }])
    await limited.close()
    expect(isClosed()).toBe(true)
  })
})

describe('speech in the background', () => {
  it('leaves a slot free for those who wait, however much of it there is', async () => {
    const { speak, speakInBackground, begun } = setUp(3)
    const waiting = Array.from({ length: 10 }, () => speakInBackground())
    expect(await begun()).toBe(2)
    await speak()
    expect(await begun()).toBe(3)
    void waiting
  })

  it('lets those who wait go first, and is not refused for having waited', async () => {
    const { clock, speak, speakInBackground, begun, controllers } = setUp(2)
    await speak()
    await speak()
    const background = speakInBackground()
    clock.advance(60_000)
    const interactive = speak()
    controllers[0]?.close()
    await interactive
    expect(await begun()).toBe(3)
    controllers[1]?.close()
    await background
    expect(await begun()).toBe(4)
  })

  it('has the only slot there is, once it is free', async () => {
    const { speakInBackground, begun, controllers } = setUp(1)
    await speakInBackground()
    const second = speakInBackground()
    expect(await begun()).toBe(1)
    controllers[0]?.close()
    await second
  })

  it('asks whether it is still wanted once there is a slot, and gives that to the next where it is not', async () => {
    const { limited, speakInBackground, begun, controllers } = setUp(1)
    await speakInBackground()
    const asked: number[] = []
    const unwanted = limited.speak(request, {
      signal: never,
      priority: 'background',
      async beforeSpeaking() {
        asked.push(controllers.length)
        throw new Error('Nobody wants it any more')
      },
    })
    const next = speakInBackground()
    expect(await begun()).toBe(1)
    expect(asked).toEqual([])
    controllers[0]?.close()
    await expect(unwanted).rejects.toThrow('Nobody wants it any more')
    await next
    expect(asked).toEqual([1])
    expect(await begun()).toBe(2)
  })

  it('that is aborted while it waits has no slot afterwards', async () => {
    const { speakInBackground, begun, controllers } = setUp(2)
    await speakInBackground()
    const stop = new AbortController()
    const aborted = speakInBackground(stop.signal)
    await begun()
    stop.abort(new Error('over'))
    await expect(aborted).rejects.toThrow('over')
    controllers[0]?.close()
    await speakInBackground()
    expect(await begun()).toBe(2)
  })
})

describe('work in the background of several callers', () => {
  it('takes turns by caller, however much one of them has waiting', async () => {
    const { limited, controllers, begun } = setUp(2)
    const order: string[] = []
    const speakFor = (caller: string, name: string) =>
      limited.speak(request, {
        signal: never,
        priority: 'background',
        caller,
        beforeSpeaking: async () => void order.push(name),
      })
    for (const name of ['a1', 'a2', 'a3', 'a4']) void speakFor('a', name)
    for (const name of ['b1', 'b2']) void speakFor('b', name)
    void speakFor('c', 'c1')
    for (let ended = 0; ended < 7; ended += 1) {
      await begun()
      controllers[ended]?.close()
    }
    await begun()
    expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
  })

  it('leaves out whoever does not wait any more', async () => {
    const { limited, controllers, begun } = setUp(2)
    const order: string[] = []
    const stop = new AbortController()
    const speakFor = (caller: string, signal = never) =>
      limited
        .speak(request, {
          signal,
          priority: 'background',
          caller,
          beforeSpeaking: async () => void order.push(caller),
        })
        .catch(() => {})
    void speakFor('a')
    void speakFor('b', stop.signal)
    void speakFor('c')
    await begun()
    stop.abort()
    controllers[0]?.close()
    await begun()
    expect(order).toEqual(['a', 'c'])
  })
})

describe.skipIf(!redisUrl)('speech with limited concurrency, of two instances that share a Redis', () => {
  /** Two instances, and how many of their texts are spoken now. */
  async function setUpTwo(concurrency: number) {
    const prefix = ownPrefix()
    const open = async () => {
      const steered = createSteeredSpeech()
      const redis = testRedis({ url: redisUrl as string, prefix })
      await redis.shared()
      const limited = limitSpeech(steered.speech, { concurrency, queueTimeoutMs: 1000, redis })
      return {
        ...steered,
        speak: (priority?: 'background') => limited.speak(request, { signal: never, priority }),
      }
    }
    return [await open(), await open()] as const
  }

  it('lets `concurrency` requests speak at once at both together', async () => {
    const [one, two] = await setUpTwo(2)
    const first = await one.speak()
    await two.speak()
    const errors = await Promise.all([one, two].map((instance) => errorOf(instance.speak())))
    expect(errors).toMatchObject([{ code: 'speech_overloaded' }, { code: 'speech_overloaded' }])
    await first.audio.cancel()
    await until('a slot to be free', () => two.speak().catch(() => undefined))
    expect([one.controllers.length, two.controllers.length]).toEqual([1, 2])
  })

  it('leaves one slot free in the background', async () => {
    const [one, two] = await setUpTwo(2)
    const first = await one.speak('background')
    const waiting = two.speak('background')
    await two.speak()
    expect(two.controllers).toHaveLength(1)
    await first.audio.cancel()
    await waiting
    expect(two.controllers).toHaveLength(2)
  })
})
