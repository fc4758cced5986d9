import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPinningServiceProvider } from '#lib/ipfs/providers/pinning-service.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { someContent } from '../content.ts'
import { startScriptedServer } from './faulty-server.ts'
import { describePromises } from './provider-promises.ts'
import { failureIn, gatewayUrl, now } from './provider-subject.ts'

const token = 'token-of-the-test'
const origins = ['/dns4/node.test/tcp/4001/p2p/12D3KooWOrigin']
const signal = new AbortController().signal
type Status = 'queued' | 'pinning' | 'pinned' | 'failed'

/** A pinning service in memory: what it is asked to pin gets the status `next`. */
const service = {
  next: 'pinned' as Status,
  pins: new Map<string, Status>(),
  added: [] as string[],
  origins: undefined as string[] | undefined,
  info: {},
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const json = (status: number, value: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  const pin = (cid: string) => ({
    requestid: `id-${cid}`,
    status: service.pins.get(cid),
    created: '2026-11-22T12:00:00Z',
    pin: { cid },
    delegates: ['/dns4/node.test/tcp/4001'],
    info: service.info,
  })
  if (request.headers.authorization !== `Bearer ${token}`) {
    json(401, { error: { reason: 'UNAUTHORIZED', details: 'Access token is missing or invalid' } })
    return
  }
  const url = new URL(request.url ?? '', 'http://service.test')
  if (request.method === 'DELETE') {
    const cid = decodeURIComponent(url.pathname).replace('/pins/id-', '')
    if (service.pins.delete(cid)) response.writeHead(202).end()
    else json(404, { error: { reason: 'NOT_FOUND', details: 'The specified resource was not found' } })
    return
  }
  if (request.method === 'GET') {
    const wanted = url.searchParams.get('status')?.split(',') ?? []
    const found = [...service.pins].filter(
      ([cid, status]) => cid === url.searchParams.get('cid') && wanted.includes(status),
    )
    json(200, { count: found.length, results: found.map(([cid]) => pin(cid)) })
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const { cid, origins } = JSON.parse(Buffer.concat(chunks).toString())
    service.origins = origins
    service.added.push(cid)
    service.pins.set(cid, service.next)
    json(202, pin(cid))
  })
}

let server: Awaited<ReturnType<typeof startScriptedServer>>
let provider: IpfsProvider
beforeAll(async () => {
  server = await startScriptedServer()
  provider = createPinningServiceProvider({
    url: `${server.url}/`,
    token,
    origins,
    gatewayUrl,
    now: () => now,
  })
})
afterAll(() => server.close())
beforeEach(() => {
  server.handle(answer)
  Object.assign(service, { next: 'pinned', pins: new Map(), added: [], info: {} })
})

describe('A pinning service, as an IPFS provider', () => {
  describePromises({
    name: 'pinning',
    gatewayUrl,
    provider: () => provider,
    willTake() {},
    willHold: ({ cid }) => void service.pins.set(cid, 'pinned'),
    willNotHold: ({ cid }) => void service.pins.set(cid, 'pinning'),
    willUnpin() {},
  })

  it.each(['queued', 'pinning', 'pinned', 'failed'] as const)(
    'removes a pin that is %s, and no other',
    async (status) => {
      const [content, other] = [await someContent(10), await someContent(10, 2)]
      service.pins.set(content.cid, status)
      service.pins.set(other.cid, status)
      expect(await provider.unpin(content.cid, { signal })).toBe(true)
      expect([...service.pins.keys()]).toEqual([other.cid])
    },
  )

  it('is asked for a pin once, and fails as retryable until it has pinned the clip', async () => {
    const content = await someContent(10)
    service.next = 'queued'
    for (const status of ['queued', 'pinning'] as const) {
      const error = await failureIn(provider.upload(content, { signal }))
      expect(error).toMatchObject({ isRetryable: true, mayHaveStored: true })
      expect(error.message).toContain(`Not pinned yet (${status})`)
      service.pins.set(content.cid, 'pinning')
    }
    service.pins.set(content.cid, 'pinned')
    expect(await provider.upload(content, { signal })).toEqual({ cid: content.cid })
    expect(service.added).toEqual([content.cid])
  })

  it('is asked for a new pin after the first has failed, and its reason is in the error', async () => {
    const content = await someContent(10)
    Object.assign(service, { next: 'failed', info: { status_details: 'no peers have it' } })
    const error = await failureIn(provider.upload(content, { signal }))
    expect(error.message).toContain('no peers have it')
    service.next = 'pinned'
    expect(await provider.upload(content, { signal })).toEqual({ cid: content.cid })
    expect(service.added).toHaveLength(2)
  })

  it('is told who has the content', async () => {
    await provider.upload(await someContent(10), { signal })
    expect(service.origins).toEqual(origins)
  })

  it('fails for good when the funds are used up, and says so', async () => {
    server.handle((request, response) => {
      if (request.method === 'GET') return void response.end('{"count":0,"results":[]}')
      response.writeHead(409).end('{"error":{"reason":"INSUFFICIENT_FUNDS","details":"No credit left"}}')
    })
    const error = await failureIn(provider.upload(await someContent(10), { signal }))
    expect(error).toMatchObject({ isRetryable: false, statusCode: 409 })
    expect(error.message).toContain("No credit left (the account's funds are used up")
  })

  it('fails for good with a wrong token, which the error does not show', async () => {
    const wrong = createPinningServiceProvider({
      url: server.url,
      token: 'wrong-token',
      origins: [],
      gatewayUrl,
      now: () => now,
    })
    const error = await failureIn(wrong.upload(await someContent(10), { signal }))
    expect(error).toMatchObject({ isRetryable: false, statusCode: 401 })
    expect(error.message).toContain('Access token is missing or invalid')
    expect(error.message).not.toContain('wrong-token')
  })

  it.each([429, 500, 503])('may be retried after a %d', async (status) => {
    server.handle((_, response) => response.writeHead(status, { 'retry-after': '7' }).end('busy'))
    const error = await failureIn(provider.upload(await someContent(10), { signal }))
    expect(error).toMatchObject({ isRetryable: true, statusCode: status, retryAfterMs: 7000 })
  })

  it('rejects once the signal aborts', async () => {
    const stop = new AbortController()
    server.handle(() => stop.abort(new Error('time is up')))
    await expect(provider.upload(await someContent(10), { signal: stop.signal })).rejects.toThrow(
      'time is up',
    )
  })
})
