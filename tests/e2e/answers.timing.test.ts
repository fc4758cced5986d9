import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { impatient, quick } from '../support/operator.ts'
import { startService } from '../support/service.ts'
import { askForStream, startSlowVoice } from '../support/slow-voice.ts'
import { speechMp3 } from '../support/stub-vendors/audio.ts'
import { environmentFor, statusFault } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { waitsBetween } from '../support/waits-between.ts'
import { useVendors } from '../support/world.ts'

// What a busy machine may add to a time.
const SLACK_MS = 500

const world = useVendors()

it('a stream brings the first byte within 20 ms of the vendor’s', async () => {
  const voice = await startSlowVoice()
  onTestFinished(() => voice.close())
  const service = await startService({
    environment: { ...quick, ...environmentFor(world.vendors), ...voice.environment },
  })
  const delaysMs: number[] = []
  for (let count = 0; count < 20; count++) {
    const audio = speechMp3(500, `first byte ${count}`)
    const calling = voice.nextCall()
    const asking = askForStream(`${service.baseUrl}/api/agents/vocalize/stream`)
    const call = await calling
    await sleep(20)
    const heard = asking.then(async (response) => {
      const [data] = await once(response, 'data')
      return { heardAt: performance.now(), response, data }
    })
    const saidAt = await call.say(audio.subarray(0, 800))
    const { heardAt, response } = await heard
    delaysMs.push(heardAt - saidAt)
    await call.say(audio.subarray(800))
    call.end()
    await response.toArray()
  }
  delaysMs.sort((a, b) => a - b)
  console.info(`first byte: median ${delaysMs[10]?.toFixed(1)} ms, worst ${delaysMs[19]?.toFixed(1)} ms`)
  expect(delaysMs[10]).toBeLessThan(20)
  await service.stop()
})

it('with every provider hanging, once the breakers are open, the answer comes within 100 ms of the end of speech', async () => {
  const service = await startService({
    environment: {
      ...impatient,
      ...environmentFor(world.vendors, ['elevenlabs', 'pinata', 'kubo']),
      IPFS_ATTEMPT_TIMEOUT_MS: '200',
    },
  })
  for (const vendor of ['pinata', 'kubo'] as const)
    await world.vendors.always(vendor, { kind: 'hang', scope: 'all' })
  await Promise.all(Array.from({ length: 4 }, () => service.vocalize()))
  await until('open breakers', async () => (await service.vocalize()).elapsedMs < 500)
  const waits: number[] = []
  for (let count = 0; count < 10; count++) {
    const { body } = await service.vocalize()
    const answeredAt = Date.now()
    expect(body.data.isTemporary).toBe(true)
    const [speech] = (await world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })).slice(-1)
    waits.push(answeredAt - (speech?.endedAt ?? 0))
  }
  // The median: other work on the machine may hold up one of them.
  expect(waits.toSorted((a, b) => a - b)[5]).toBeLessThan(100)
  await service.stop()
})

it('a provider is tried again after 1, 2 and 4 seconds, and the answer comes within the deadline', async () => {
  const service = await startService({ environment: environmentFor(world.vendors, ['elevenlabs', 'pinata']) })
  await world.vendors.heal()
  await world.vendors.always('pinata', statusFault(500))
  const before = (await world.vendors.requests({})).at(-1)?.sequence ?? 0
  const { body, elapsedMs } = await service.vocalize()
  expect(body.data).toMatchObject({ isTemporary: true })
  const uploads = { vendor: 'pinata', endpoint: 'upload', after: before } as const
  const waits = waitsBetween(await world.vendors.requests(uploads))
  expect(waits).toHaveLength(3)
  for (const [index, listed] of [1000, 2000, 4000].entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(listed - 1)
    expect(waits[index]).toBeLessThan(listed * 1.2 + SLACK_MS)
  }
  expect(elapsedMs).toBeLessThan(10_000)
  await service.stop()
  await world.vendors.heal()
})
