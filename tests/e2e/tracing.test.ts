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
  kind?: number
  links?: { traceId: string; spanId: string }[]
  attributes?: { key: string; value: Json }[]
}

const world = useVendors()
const spans: Span[] = []
let collector: Server
const authorizations: unknown[] = []
const serviceNames = new Set<string>()

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const body = (await json(request)) as Json
    authorizations.push(request.headers.authorization)
    for (const { resource, scopeSpans } of body.resourceSpans) {
      for (const scope of scopeSpans) spans.push(...scope.spans)
      const named = resource.attributes.find(({ key }: Json) => key === 'service.name')
      serviceNames.add(named.value.stringValue)
    }
    response.setHeader('content-type', 'application/json').end('{}')
  }).listen(0)
  await once(collector, 'listening')
})
afterAll(() => {
  collector?.closeAllConnections()
  collector?.close()
})

describe('OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('gets one trace a clip across a restart, and a span in the trace of its caller', async () => {
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
    const service = await startService({
      environment: {
        ...quick,
        ...environmentFor(world.vendors),
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20dGVzdA==',
        OTEL_SERVICE_NAME: 'voice of the test',
      },
    })
    await world.vendors.always('pinata', statusFault(401))
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const callerSpan = '00f067aa0ba902b7'
    const { id } = (await service.vocalize(undefined, { traceparent: `00-${traceId}-${callerSpan}-01` })).body
      .data
    const spoken = await service.fetch('/mcp', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: {
          name: 'speak',
          arguments: { text: 'Traced for an agent', voiceId: 'slt' },
          _meta: { traceparent: `00-${traceId}-${callerSpan}-01` },
        },
      }),
    })
    const [, agentClip] = /"id":"([0-9a-f]{32})"/.exec(await spoken.text()) ?? []
    // One that is not recorded, and one that is malformed.
    await service.fetch(`/api/clips/${id}`, { headers: { traceparent: `00-${traceId}-${callerSpan}-00` } })
    await service.fetch(`/api/clips/${id}`, { headers: { traceparent: `00-${traceId}-${callerSpan}` } })
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
    // A timer tries the clip at its dates as well, as often as the restart leaves time for.
    const stores = parts.slice(1)
    expect(stores.length).toBeGreaterThanOrEqual(2)
    expect(parts.map(({ name }) => name)).toEqual(['speak', ...stores.map(() => 'store at pinata')])
    expect(new Set(parts.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([whole?.spanId]))
    expect(parts.map(({ status }) => status.code ?? 0)).toEqual([0, ...stores.slice(1).map(() => 2), 0])
    for (const { startTimeUnixNano, endTimeUnixNano } of trace()) {
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano))
    }
    const ofCaller = spans.filter((span) => span.traceId === traceId)
    expect(ofCaller).toMatchObject([
      {
        name: 'POST /api/agents/vocalize',
        parentSpanId: callerSpan,
        kind: 2,
        links: [{ traceId: id, spanId: whole?.spanId }],
      },
      { name: 'POST /mcp', parentSpanId: callerSpan, links: [{ traceId: agentClip }] },
    ])
    expect(ofCaller[0]?.attributes).toContainEqual({
      key: 'http.response.status_code',
      value: { intValue: 200 },
    })
    expect([...serviceNames]).toEqual(['voice of the test'])
    expect(new Set(authorizations)).toEqual(new Set(['Basic dGVzdA==']))
  })
})
