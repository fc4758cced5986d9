import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { independentCid } from '../support/content-id.ts'
import { pathOf, quick } from '../support/operator.ts'
import { missingServers } from '../support/servers/missing.ts'
import type { Service } from '../support/service.ts'
import { environmentFor, startStubVendors } from '../support/stub-vendors.ts'
import type { Topology } from '../support/topology.ts'
import { startTopology } from '../support/topology.ts'
import { until } from '../support/until.ts'

const missing = await missingServers('the service on more than one machine')

describe.skipIf(missing.length > 0)('two web instances and a worker behind nginx', () => {
  let vendors: Awaited<ReturnType<typeof startStubVendors>>
  let topology: Topology
  let first: Service
  let second: Service

  beforeAll(async () => {
    vendors = await startStubVendors()
    topology = await startTopology({ environment: { ...quick, REUSE: 'on', ...environmentFor(vendors) } })
    ;[first, second] = topology.webs as [Service, Service]
  })
  afterAll(async () => {
    await topology?.stop()
    await vendors?.close()
  })

  const spoken = () => vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })
  const storedBy = ({ log }: Service) => log.filter(({ msg }) => msg.startsWith('✅')).length

  async function vocalize(text: string) {
    const response = await fetch(`${topology.baseUrl}/api/agents/vocalize`, {
      method: 'POST',
      body: JSON.stringify({ text, voiceId: 'slt' }),
    })
    return { status: response.status, data: (await response.json()).data }
  }

  it('share the calls', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `Call ${index}`)
    const answers = await Promise.all(texts.map(vocalize))
    expect(answers.map(({ status }) => status)).toEqual(texts.map(() => 200))
    expect(new Set(answers.map(({ data }) => data.cid)).size).toBe(20)
    expect(answers.every(({ data }) => data.provider === 'pinata')).toBe(true)
    expect(storedBy(first)).toBeGreaterThan(0)
    expect(storedBy(second)).toBeGreaterThan(0)
    expect(storedBy(first) + storedBy(second)).toBe(20)
  })

  it('serve each other’s clips', async () => {
    const { body } = await first.vocalize({ text: 'Made here, heard there', voiceId: 'slt' })
    const response = await second.fetch(`/api/temp-audio/${body.data.id}`, { redirect: 'manual' })
    expect(response.status).toBe(200)
    expect(await independentCid(await response.bytes())).toBe(body.data.cid)
  })

  it('pay once for what both are asked at once', async () => {
    const before = (await spoken()).length
    const request = { text: 'The same at both', voiceId: 'slt' }
    const answers = await Promise.all([first, second, first, second].map((web) => web.vocalize(request)))
    expect(new Set(answers.map(({ body }) => body.data.id)).size).toBe(1)
    expect(answers.filter(({ body }) => body.data.reused)).toHaveLength(3)
    expect(await spoken()).toHaveLength(before + 1)
  })

  it('leave what no provider takes to the worker, which uploads each clip once', async () => {
    await vendors.always('pinata', { kind: 'refused' })
    const answers = await Promise.all(['One', 'Two', 'Three'].map(vocalize))
    expect(answers.map(({ data }) => data.isTemporary)).toEqual([true, true, true])
    for (const { data } of answers) {
      const audio = await fetch(topology.baseUrl + pathOf(data.audioUrl))
      expect(await independentCid(await audio.bytes())).toBe(data.cid)
    }
    await vendors.heal()
    const cids = answers.map(({ data }) => data.cid)
    const held = () => vendors.holdings('pinata').then((all) => all.filter(({ cid }) => cids.includes(cid)))
    await until('all are stored', async () => (await held()).length === 3, { timeoutMs: 30_000 })
    expect((await held()).map(({ uploads }) => uploads)).toEqual([1, 1, 1])
    const worked = () => topology.worker.output.lines.filter(({ msg }) => msg.startsWith('✅'))
    await until('the worker to have said so', () => worked().length === 3)
    const ids = worked().map(({ clipId }) => clipId)
    expect(ids.sort()).toEqual(answers.map(({ data }) => data.id).sort())
  })

  it('stop cleanly, and leave nobody listening', async () => {
    const { baseUrl, postgres, redis, s3, webs } = topology
    const urls = [baseUrl, postgres.url, redis.url, s3.url, ...webs.map((web) => web.baseUrl)]
    await topology.stop()
    expect(await Promise.all(urls.map((url) => isListening(Number(new URL(url).port))))).not.toContain(true)
  })
})

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy())
  })
}
