import { afterEach, beforeEach, expect, it } from 'vitest'
import { runMaintenance } from '#lib/background/tasks.ts'
import { readBackDue } from '#lib/clips/audit.ts'
import { openClip } from '#lib/clips/open-clip.ts'
import { vocalize } from '#lib/clips/vocalize.ts'
import { FakeSpeech } from '../../support/fake-speech.ts'
import { type GatewayWorld, openGateway } from '../../support/gateway-world.ts'
import { environmentFor, type StubVendors, startStubVendors } from '../../support/stub-vendors.ts'

const MINUTE_MS = 60_000
const TWO_TTLS_MINUTES = 125
const signal = new AbortController().signal
let vendors: StubVendors
let world: GatewayWorld
let now: number

beforeEach(async () => {
  vendors = await startStubVendors()
})
afterEach(async () => {
  await world.close()
  await vendors.close()
})

async function open(providers: Parameters<typeof environmentFor>[1], speech = new FakeSpeech()) {
  now = Date.now()
  const clock = { now: () => now, random: () => 0.5, sleep: () => new Promise<void>(() => {}) }
  world = await openGateway(environmentFor(vendors, providers), { clock, speech })
}

/** The service by itself for five minutes: what its timers do. */
async function liveFiveMinutes() {
  now += 5 * MINUTE_MS
  await readBackDue(world.services, { limit: 100, signal })
  await runMaintenance(world.services)
}

/** How many uploads Pinata has answered with 200. */
async function countTaken() {
  const sent = await vendors.requests({ vendor: 'pinata', endpoint: 'upload' })
  return sent.filter(({ status }) => status === 200).length
}

it.each([
  { plan: 'the free plan', settings: { takesCars: false }, holder: 'pinata' },
  { plan: 'a paid plan whose imports fail', settings: { imports: 'failing' }, holder: 'kubo' },
  { plan: 'a paid plan whose imports stay pending', settings: { imports: 'pending' }, holder: 'kubo' },
] as const)(
  'three clips for Pinata under $plan are at $holder after twice their time, and can be heard throughout',
  async ({ settings, holder }) => {
    await vendors.plan(settings)
    await open(['pinata', 'kubo'])
    const { services } = world
    const clips = []
    for (const text of ['One', 'Two', 'Three']) {
      clips.push(await vocalize(services, { text, voiceId: 'slt' }, { requestId: text }))
    }
    expect(clips.map(({ state, provider }) => [state, provider])).toEqual(Array(3).fill(['stored', 'pinata']))
    for (let minutes = 0; minutes < TWO_TTLS_MINUTES; minutes += 5) {
      for (const { id } of clips) {
        const opened = await openClip(services, id)
        const isHeard =
          opened.from === 'here' ? (await opened.read()) !== null : (await fetch(opened.permanentUrl)).ok
        expect({ minutes, isHeard }).toEqual({ minutes, isHeard: true })
      }
      await liveFiveMinutes()
    }
    expect(await countTaken()).toBe(3)
    for (const { id, cid } of clips) {
      const record = await services.catalog.clips.find(id)
      expect(record).toMatchObject({ provider: holder, hasLocalBytes: false, unprovenSince: null })
      expect((await fetch(String(record?.permanentUrl))).status).toBe(200)
      expect(await vendors.content(holder, cid)).toBeDefined()
    }
    expect(await services.catalog.pins.countUnproven()).toEqual({ unproven: 0, lost: 0 })
  },
)

it.each([1000, 60_000])(
  'a clip of %d ms whose imports fail at Pinata, the only provider, is sent there as a plain file in the end',
  async (durationMs) => {
    await vendors.plan({ imports: 'failing' })
    const speech = new FakeSpeech()
    speech.durationMs = durationMs
    await open(['pinata'], speech)
    const { services } = world
    const { id } = await vocalize(services, { text: 'One', voiceId: 'slt' }, { requestId: 'r' })
    for (let minutes = 0; minutes < TWO_TTLS_MINUTES; minutes += 5) await liveFiveMinutes()
    expect(await countTaken()).toBe(2)
    const record = await services.catalog.clips.find(id)
    expect(record).toMatchObject({ provider: 'pinata', hasLocalBytes: false, unprovenSince: null })
    const delivered = await fetch(String(record?.permanentUrl))
    expect([delivered.status, (await delivered.bytes()).length]).toEqual([200, record?.sizeBytes])
    // What was learned spares the next one the wait.
    const next = await vocalize(services, { text: 'Two', voiceId: 'slt' }, { requestId: 'r' })
    await liveFiveMinutes()
    expect(await services.catalog.clips.find(next.id)).toMatchObject({ unprovenSince: null })
    expect(services.chain.breakers()).toMatchObject([
      { note: expect.stringContaining('has not delivered it') },
    ])
  },
)
