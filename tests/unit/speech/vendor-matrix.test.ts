import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { createSpeech } from '#lib/speech/index.ts'
import type { Fault, StubVendors } from '../../support/stub-vendors.ts'
import { environmentFor, startStubVendors, statusFault } from '../../support/stub-vendors.ts'
import { until } from '../../support/until.ts'
import { createFakeClock } from './fake-clock.ts'
import { bytesOf, never } from './speech-conformance.ts'

type Name = 'elevenlabs' | 'openai'

/** What a caller got of a text, how often each vendor was asked, and how many of them had their audio taken. */
interface Outcome {
  got: string
  asked: [wanted: number, standIn: number]
  paid: number
}

const gaveWay = (tries: number, paid = 1): Outcome => ({ got: 'the stand-in', asked: [tries, 1], paid })

/** Each fault of the wanted vendor, while its stand-in is well. */
const faults: [title: string, fault: Fault | { [Vendor in Name]: Fault }, outcome: Outcome][] = [
  ['a wrong key', statusFault(401), gaveWay(1)],
  [
    'a used-up quota',
    {
      elevenlabs: statusFault(401, { code: 'quota_exceeded' }),
      openai: statusFault(429, { code: 'insufficient_quota' }),
    },
    gaveWay(1),
  ],
  ['no credits', statusFault(402, { code: 'payment_required' }), gaveWay(1)],
  ['overload', statusFault(429), gaveWay(3)],
  ['overload for a minute', statusFault(429, { retryAfterSeconds: 60 }), gaveWay(1)],
  ['500', statusFault(500, { code: 'internal' }), gaveWay(3)],
  ['a closed door', { kind: 'refused' }, gaveWay(0)],
  ['a connection that is cut', { kind: 'reset-before-body' }, gaveWay(3)],
  ['no answer', { kind: 'hang' }, gaveWay(1)],
  // Each of them says 200, and may charge for it.
  ['HTML in place of audio', { kind: 'html' }, gaveWay(1, 2)],
  ['JSON in place of audio', { kind: 'json' }, gaveWay(1, 2)],
  ['an empty body', { kind: 'empty-body' }, gaveWay(1, 2)],
  [
    'audio that breaks off',
    { kind: 'reset-mid-answer' },
    { got: 'speech_stream_broken', asked: [1, 0], paid: 1 },
  ],
  [
    'an unknown voice',
    {
      elevenlabs: statusFault(404, { code: 'voice_not_found' }),
      openai: statusFault(400, { code: 'voice_not_found' }),
    },
    { got: 'voice_not_found', asked: [1, 0], paid: 0 },
  ],
  [
    'a wrong request',
    {
      elevenlabs: statusFault(400, { code: 'max_character_limit_exceeded' }),
      openai: statusFault(400, { code: 'string_above_max_length' }),
    },
    { got: 'invalid_request', asked: [1, 0], paid: 0 },
  ],
]

describe.each<[Name, Name]>([
  ['elevenlabs', 'openai'],
  ['openai', 'elevenlabs'],
])('%s with the stand-in %s', (wanted, standIn) => {
  let vendors: StubVendors
  beforeAll(async () => {
    vendors = await startStubVendors()
  })
  beforeEach(() => vendors.reset())
  afterAll(() => vendors.close())

  const askedOf = (vendor: Name) => vendors.requests({ vendor, endpoint: 'speech' })

  async function speak(): Promise<string> {
    // The waits between tries are over at once; whoever gives no answer is waited for in no time.
    const clock = createFakeClock({ skipsUpToMs: 2000 })
    const environment = {
      ...environmentFor(vendors, [wanted, standIn]),
      SPEECH_PROVIDERS: `${wanted},${standIn}`,
    }
    const chain = createSpeech(readConfig(environment).speech, { clock })
    const request = { text: 'Hello from the matrix', voiceId: 'George' }
    const speaking = chain.speak(request, { signal: never }).then(async ({ audio, spokenBy }) => {
      await bytesOf(audio)
      return spokenBy.vendor === wanted ? 'the wanted vendor' : 'the stand-in'
    })
    let isOver = false
    const got = speaking
      .catch((error) => error.code as string)
      .finally(() => {
        isOver = true
      })
    await until('the end of the speech, or a vendor that hangs', async () => {
      const [last] = (await askedOf(wanted)).slice(-1)
      if (!isOver && last?.fault === 'hang') clock.advance(15_000)
      return isOver
    })
    return got
  }

  it('is spoken by the first, once, where it is well', async () => {
    expect(await speak()).toBe('the wanted vendor')
    expect([(await askedOf(wanted)).length, (await askedOf(standIn)).length]).toEqual([1, 0])
  })

  it.each(faults)('%s', async (_, fault, outcome) => {
    await vendors.always(wanted, 'kind' in fault ? fault : fault[wanted])
    const got = await speak()
    const asked = [await askedOf(wanted), await askedOf(standIn)]
    const paid = asked.flat().filter(({ status }) => status === 200).length
    expect({ got, asked: asked.map(({ length }) => length), paid }).toEqual(outcome)
  })
})
