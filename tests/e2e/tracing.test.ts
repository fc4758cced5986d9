import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '../support/json.ts'
import { quick } from '../support/operator.ts'
import { startService } from '../support/service.ts'
import { environmentFor, statusFault } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors } from '../support/world.ts'

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  status: { code?: number; message?: string }
}

const world = useVendors()
const spans: Span[] = []
let collector: Server
const authorizations: unknown[] = []

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const body = (await json(request)) as Json
    authorizations.push(request.headers.authorization)
    for (const { scopeSpans } of body.resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans)
    response.setHeader('content-type', 'application/json').end('{}')
  }).listen(0)
  await once(collector, 'listening')
})
afterAll(() => {
  collector?.closeAllConnections()
  collector?.close()
})

describe('OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('gets one trace a clip, with a span for the speech and for each try, across a restart', async () => {
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
    const service = await startService({
      environment: {
        ...quick,
        ...environmentFor(world.vendors),
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20dGVzdA==',
      },
    })
    await world.vendors.always('pinata', statusFault(401))
    const { id } = (await service.vocalize()).body.data
    await service.stop()
    await world.vendors.heal()
    await service.restart()
    const trace = () => spans.filter(({ traceId }) => traceId === id)
    await until('the whole trace', () => trace().some(({ name }) => name === 'clip'))
    await service.stop()

    const [whole, ...more] = trace().filter(({ name }) => name === 'clip')
    expect(more).toEqual([])
    expect(whole?.parentSpanId ?? '').toBe('')
    const [atVendor, ...others] = trace().filter(({ name }) => name.startsWith('speak at'))
    expect([atVendor?.name, atVendor?.parentSpanId, others]).toEqual([
      'speak at elevenlabs',
      whole?.spanId,
      [],
    ])
    const parts = trace().filter(({ name }) => name !== 'clip' && name !== atVendor?.name)
    expect(parts.map(({ name }) => name)).toEqual(['speak', 'store at pinata', 'store at pinata'])
    expect(parts.map(({ parentSpanId }) => parentSpanId)).toEqual(Array(3).fill(whole?.spanId))
    expect(parts.map(({ status }) => status.code ?? 0)).toEqual([0, 2, 0])
    for (const { startTimeUnixNano, endTimeUnixNano } of trace()) {
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano))
    }
    expect(new Set(authorizations)).toEqual(new Set(['Basic dGVzdA==']))
  })
})
