import { once } from 'node:events'
import { Agent, get, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { afterAnswer } from '#lib/http/after-answer.ts'
import { BytesResponse } from '#lib/http/bytes/bytes-response.ts'
import { registerService, type Service } from '#lib/http/service.ts'
import { iterate } from '#lib/platform/byte-iterator.ts'
import { createFront, type Front } from '#lib/server/front.ts'
import type { Route } from '#lib/server/routes.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { testServices } from '../../support/services.ts'

type Options = Parameters<typeof createFront>[0]

const audio = new Uint8Array(300_000).map((_, index) => index % 251)
const fronts: Front[] = []

afterEach(async () => {
  for (const front of fronts.splice(0)) {
    front.server.closeAllConnections()
    front.server.close()
  }
})

type Serve = (request: Request) => Promise<Response>

interface Served {
  serveTempAudio: Serve
  serveIpfs: Serve
}

const routeOf = (pattern: string, serve: Serve): Route => ({
  pattern,
  load: async () => ({ GET: serve, HEAD: serve, POST: serve }),
})

async function open(
  overrides: Partial<Options['service'] & Served> = {},
  options: Partial<Omit<Options, 'routes'>> = {},
) {
  const {
    serveTempAudio = async () => new Response('audio'),
    serveIpfs = async () => new Response('content'),
    ...rest
  } = overrides
  const service = {
    openStreamInput: () => Promise.reject(new Error('There are no WebSockets here')),
    beginShutdown: vi.fn(),
    drain: async () => {},
    ...rest,
  }
  const routes = {
    find(url: string) {
      if (url.startsWith('/api/temp-audio/')) return routeOf('/api/temp-audio/{id}', serveTempAudio)
      return url.startsWith('/ipfs/') ? routeOf('/ipfs/{path}*', serveIpfs) : undefined
    },
    isPage: (url: string) => !url.startsWith('/nothing'),
  }
  const front = createFront({
    routes,
    nextHandler: (request, response) => response.end(`next ${request.method} ${request.url}`),
    service,
    trustedProxies: 0,
    graceMs: 1000,
    maxMessageBytes: 65_536,
    ...options,
  })
  fronts.push(front)
  front.server.listen(0)
  await once(front.server, 'listening')
  const { port } = front.server.address() as AddressInfo
  return { front, service, port, origin: `http://localhost:${port}` }
}

const bytes = (status = 200, headers = {}) =>
  new Response(new Blob([audio]).stream(), {
    status,
    headers: { 'Content-Type': 'audio/mpeg', 'Content-Length': String(audio.length), ...headers },
  })

async function answerTo(url: string, options = {}): Promise<IncomingMessage & { text: string }> {
  const [response] = (await once(send(url, options).end(), 'response')) as [IncomingMessage]
  const text = Buffer.concat(await response.toArray()).toString('latin1')
  return Object.assign(response, { text })
}

describe('the front', () => {
  it.each([
    [200, 'OK'],
    [206, 'Partial Content'],
    [302, 'Found'],
    [304, 'Not Modified'],
    [410, 'Gone'],
  ])('sends the reason phrase of %i', async (status, reason) => {
    const bodyless = () => new Response(null, { status })
    const { origin } = await open({ serveTempAudio: async () => (status < 300 ? bytes(status) : bodyless()) })
    expect(await answerTo(`${origin}/api/temp-audio/1`)).toMatchObject({
      statusCode: status,
      statusMessage: reason,
    })
  })

  it.each([
    ['an invalid request line', 'NONSENSE', 400, 'invalid_http'],
    ['an invalid header', 'GET / HTTP/1.1\r\nno colon', 400, 'invalid_http'],
    ['too large headers', `GET / HTTP/1.1\r\nX-Long: ${'x'.repeat(20_000)}`, 431, 'headers_too_large'],
    ['a path with half a code', 'GET /docs/%2 HTTP/1.1', 400, 'invalid_http'],
    ['a path that is no UTF-8', 'GET /%ff HTTP/1.1', 400, 'invalid_http'],
    ['a path of bare UTF-8', 'GET /\u00fc HTTP/1.1', 400, 'invalid_http'],
    ['a URL instead of a path', 'GET http://elsewhere.example/api/health HTTP/1.1', 400, 'invalid_http'],
    ['* instead of a path', 'GET * HTTP/1.1', 400, 'invalid_http'],
    ['a long URL', `GET /?${'x'.repeat(8200)} HTTP/1.1`, 414, 'url_too_long'],
    ['TRACE', 'TRACE / HTTP/1.1', 501, 'method_not_implemented'],
    ['CONNECT', 'CONNECT elsewhere.example:443 HTTP/1.1', 501, 'method_not_implemented'],
    ['a method of others', 'PROPFIND / HTTP/1.1', 501, 'method_not_implemented'],
    ['POST to a page', 'POST / HTTP/1.1\r\nNext-Action: abc', 405, 'method_not_allowed'],
    ['an image to make smaller', 'GET /_next/image?url=/a.png&w=64&q=1 HTTP/1.1', 404, 'not_found'],
    ['the data of a page', 'GET /_next/data/x/index.json HTTP/1.1', 404, 'not_found'],
    ['the page of errors', 'GET /_global-error HTTP/1.1', 404, 'not_found'],
    ['a path with ..', 'OPTIONS /api/../docs HTTP/1.1', 400, 'invalid_http'],
    ['a path with .. in codes', 'GET /docs/%2e%2e/x HTTP/1.1', 400, 'invalid_http'],
    ['a name of .. and a slash in codes', 'GET /docs/%2e%2e%2f HTTP/1.1', 404, 'not_found'],
    ['a path with a backslash', 'GET /\\elsewhere.example HTTP/1.1', 400, 'invalid_http'],
    ['the parts of a page', 'GET /dashboard.rsc HTTP/1.1', 404, 'not_found'],
    ['no Host', 'GET /api/health HTTP/1.1\r\nHost:', 400, 'invalid_http'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example', 400, 'invalid_http'],
    ['a Host with a user', 'GET /docs HTTP/1.1\r\nHost: a@b', 400, 'invalid_http'],
    ['a Host with a path', 'GET /ipfs/A HTTP/1.1\r\nHost: x/ipfs/B?', 400, 'invalid_http'],
    ['a Host with a port too high', 'GET / HTTP/1.1\r\nHost: a:99999', 400, 'invalid_http'],
  ])('answers %s with a problem document', async (_, head, status, code) => {
    const { origin } = await open()
    const response = await rawRequest(origin, [head])
    expect(response).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } })
    const [document = ''] = /{.*}/.exec(response.body.toString()) ?? []
    expect(JSON.parse(document)).toMatchObject({ status, code, requestId: expect.any(String) })
  })

  it('tells in Allow what the server takes as a whole', async () => {
    const { origin } = await open()
    const { status, headers, body } = await rawRequest(origin, ['OPTIONS * HTTP/1.1'])
    expect([status, headers.allow, body.length]).toEqual([
      204,
      'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      0,
    ])
  })

  it.each([
    ['GET', 'text/html,application/xhtml+xml,*/*;q=0.8', true],
    ['HEAD', 'application/json;q=0.1, TEXT/HTML', true],
    ['GET', '*/*', false],
    ['GET', 'text/html;q=0', false],
    ['GET', undefined, false],
    ['POST', 'text/html', false],
  ])(
    'where there is nothing, answers %s with Accept %s itself unless a person asks',
    async (method, accept, isPage) => {
      const { services } = await testServices()
      registerService({ services } as Service)
      const { origin } = await open()
      const headers = accept === undefined ? {} : { accept }
      const answer = await answerTo(`${origin}/nothing/here`, { method, headers })
      if (isPage) {
        expect(answer.text).toBe(method === 'HEAD' ? '' : 'next GET /nothing/here')
        return
      }
      expect(answer).toMatchObject({
        statusCode: 404,
        headers: { 'content-type': 'application/problem+json', 'access-control-allow-origin': '*' },
      })
      expect(answer.headers.vary).toBeUndefined()
      expect(JSON.parse(answer.text)).toMatchObject({
        code: 'not_found',
        detail: 'There is nothing at /nothing/here',
      })
    },
  )

  it('tells in Allow which methods a page takes', async () => {
    const { origin } = await open()
    const { headers } = await rawRequest(origin, ['DELETE /dashboard HTTP/1.1'])
    expect(headers.allow).toBe('GET, HEAD')
  })

  it('leaves nothing of what callers tell Next.js, and of what they say about proxies', async () => {
    const { origin } = await open(
      {},
      { nextHandler: (request, response) => response.end(Object.keys(request.headers).sort().join()) },
    )
    const foreign = [
      'RSC: 1',
      'Next-Router-State-Tree: %',
      'Next-Action: a',
      'Next-Url: /',
      'X-Nextjs-Data: 1',
    ]
    const more = [
      'X-Middleware-Subrequest: proxy',
      'X-Invoke-Path: /x',
      'X-Matched-Path: /x',
      'X-Action-Redirect: /',
    ]
    const proxied = ['X-Forwarded-Host: evil.example', 'X-Forwarded-Port: 1', 'Forwarded: host=evil.example']
    const { body } = await rawRequest(origin, [
      'GET / HTTP/1.1',
      ...foreign,
      ...more,
      ...proxied,
      'Accept: */*',
    ])
    expect(body.toString()).toContain('accept,connection,host,x-forwarded-proto,x-voicepin-connection')
  })

  it.each([
    ['once where no proxy is trusted', 0, 1],
    ['not where one is', 1, 0],
  ])('warns of a proxy with TLS %s', async (_, trustedProxies, times) => {
    const warn = vi.fn()
    const { origin } = await open({}, { trustedProxies, warn })
    const headers = { 'X-Forwarded-Proto': 'https' }
    await answerTo(origin)
    for (let count = 0; count < 3; count += 1) await answerTo(origin, { headers })
    expect(warn.mock.calls.flat()).toEqual(Array(times).fill(expect.stringContaining('TRUSTED_PROXIES')))
  })

  it('answers what expects more than 100-continue as if it did not', async () => {
    const { origin } = await open()
    const response = await rawRequest(origin, ['GET /docs HTTP/1.1', 'Expect: a pony'])
    expect(response).toMatchObject({ status: 200 })
  })

  it('does what is due behind an answer once that has ended', async () => {
    const { promise: worked, resolve } = Promise.withResolvers<string>()
    let isSent = false
    const body = async function* () {
      yield audio.subarray(0, 10)
      isSent = true
    }
    const { origin } = await open({
      async serveTempAudio(request) {
        afterAnswer(request, async () => resolve(`sent: ${isSent}`))
        return new Response(Readable.toWeb(Readable.from(body())) as BodyInit)
      },
    })
    await answerTo(`${origin}/api/temp-audio/abc`)
    expect(await worked).toBe('sent: true')
  })

  it('hears the next request on a connection after one whose body nobody read', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const { origin } = await open({ serveTempAudio: async () => new Response('refused', { status: 413 }) })
    const refused = send(`${origin}/api/temp-audio/abc`, { method: 'POST', agent })
    refused.end(Buffer.alloc(3_000_000))
    const [response] = (await once(refused, 'response')) as [IncomingMessage]
    await response.toArray()
    expect((await answerTo(`${origin}/ipfs/abc`, { agent })).text).toBe('content')
    agent.destroy()
  })

  it('has Next.js answer one request of a connection after the other, and none of a caller who is gone', async () => {
    const asked: string[] = []
    const answers: ServerResponse[] = []
    const nextHandler: Options['nextHandler'] = ({ url = '' }, response) => {
      asked.push(url)
      answers.push(response)
    }
    const { port } = await open({}, { nextHandler })
    const socket = connect(port)
    const pageOf = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
    socket.write(pageOf('/one') + pageOf('/two') + pageOf('/three'))
    await vi.waitFor(() => expect(asked).toEqual(['/one']))
    answers[0]?.end('1')
    await vi.waitFor(() => expect(asked).toEqual(['/one', '/two']))
    socket.destroy()
    await vi.waitFor(() => expect(answers[1]?.destroyed).toBe(true))
    await sleep(20)
    expect(asked).toEqual(['/one', '/two'])
  })

  it('lets a caller go who breaks off in the middle of a body that nobody read', async () => {
    const { promise: isGone, resolve } = Promise.withResolvers<void>()
    const { origin } = await open({
      async serveTempAudio(request) {
        request.signal.addEventListener('abort', () => resolve())
        await isGone
        return new Response('refused', { status: 413 })
      },
    })
    const rejected = vi.fn()
    process.once('unhandledRejection', rejected)
    const asked = send(`${origin}/api/temp-audio/abc`, { method: 'POST' })
    asked.on('error', () => {})
    asked.write(Buffer.alloc(100_000))
    await sleep(50)
    asked.destroy()
    await isGone
    await sleep(20)
    process.off('unhandledRejection', rejected)
    expect(rejected).not.toHaveBeenCalled()
  })

  it.each([
    ['/api/temp-audio/abc/', '/api/temp-audio/abc'],
    ['/api/temp-audio/abc//?a=b/', '/api/temp-audio/abc?a=b/'],
    ['/ipfs/abc/', '/ipfs/abc/'],
  ])('takes %s for %s', async (asked, taken) => {
    const serve: Serve = async (request) => new Response(request.url)
    const { origin } = await open({ serveTempAudio: serve, serveIpfs: serve })
    expect((await answerTo(origin + asked)).text).toBe(`http://localhost${taken}`)
  })

  it.each([
    ['GET', '/api/temp-audio/abc'],
    ['HEAD', '/api/temp-audio/abc'],
    ['GET', '/api/temp-audio/abc?download'],
    ['GET', '/api/temp-audio/not%20an%20id'],
    ['GET', '/api/temp-audio/a/b'],
    ['GET', '/api/temp-audio/....//....//etc/passwd'],
  ])('answers %s %s itself', async (method, path) => {
    const seen: string[] = []
    const { origin } = await open({
      serveTempAudio: async (request) => {
        seen.push(`${request.method} ${request.url}`)
        return new Response(null, { status: 204 })
      },
    })
    expect((await answerTo(origin + path, { method })).statusCode).toBe(204)
    expect(seen).toEqual([`${method} http://localhost${path}`])
  })

  it.each([
    ['GET', '/'],
    ['GET', '/api/temp-audio'],
    ['GET', '/x?/api/temp-audio/abc'],
    ['GET', '/_next/static/chunks/a.js'],
  ])('leaves %s %s to Next.js', async (method, path) => {
    const { origin } = await open()
    expect((await answerTo(origin + path, { method })).text).toBe(`next ${method} ${path}`)
  })

  it('sends audio with its length, not in chunks', async () => {
    const { origin } = await open({ serveTempAudio: async () => bytes() })
    const response = await answerTo(`${origin}/api/temp-audio/abc`)
    expect(response.headers['content-length']).toBe('300000')
    expect(response.headers['transfer-encoding']).toBeUndefined()
    expect(response.text).toBe(Buffer.from(audio).toString('latin1'))
  })

  it.each([
    ['whole', [audio]],
    ['in pieces', [audio.subarray(0, 70_000), audio.subarray(70_000)]],
  ])('sends a file that is read %s with its length, and closes it at the end', async (_, pieces) => {
    const closed = vi.fn()
    async function* file() {
      try {
        yield* pieces
      } finally {
        closed()
      }
    }
    const headers = { 'Content-Length': String(audio.length) }
    const { origin } = await open({ serveTempAudio: async () => new BytesResponse(file(), { headers }) })
    const response = await answerTo(`${origin}/api/temp-audio/abc`)
    expect(response.headers['content-length']).toBe('300000')
    expect(response.text).toBe(Buffer.from(audio).toString('latin1'))
    await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce())
  })

  it('sends the Content-Length of a part', async () => {
    const { origin } = await open({
      serveTempAudio: async () =>
        new Response(audio.subarray(0, 2), {
          status: 206,
          headers: { 'Content-Range': 'bytes 0-1/300000', 'Content-Length': '2' },
        }),
    })
    const response = await answerTo(`${origin}/api/temp-audio/abc`, { headers: { Range: 'bytes=0-1' } })
    expect(response.statusCode).toBe(206)
    expect(response.headers).toMatchObject({ 'content-length': '2', 'content-range': 'bytes 0-1/300000' })
    expect(response.text).toHaveLength(2)
  })

  it('answers HEAD with the length and keeps the connection usable', async () => {
    const { origin } = await open({
      serveTempAudio: async () => new Response(null, { headers: { 'Content-Length': '300000' } }),
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let round = 0; round < 2; round++) {
      const response = await answerTo(`${origin}/api/temp-audio/abc`, { method: 'HEAD', agent })
      expect(response.headers['content-length']).toBe('300000')
      expect(response.text).toBe('')
    }
    agent.destroy()
  })

  it('reads no further than the client does, and stops when the client disconnects', async () => {
    let sentBytes = 0
    const cancelled = vi.fn()
    const endless = () =>
      new ReadableStream({
        pull(controller) {
          sentBytes += 65_536
          controller.enqueue(new Uint8Array(65_536))
        },
        cancel: cancelled,
      })
    const { origin } = await open({ serveTempAudio: async () => new Response(endless()) })
    const request = get(`${origin}/api/temp-audio/abc`)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.pause()
    await sleep(200)
    const afterPause = sentBytes
    await sleep(200)
    expect(sentBytes).toBe(afterPause)
    request.destroy()
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalled())
  })

  it('closes the connection when the bytes end in an error, so that half a clip never looks whole', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const broken = new ReadableStream({
      start: (controller) => controller.enqueue(audio),
      pull: (controller) => controller.error(new Error('the disk is gone')),
    })
    const { origin } = await open({ serveTempAudio: async () => new Response(broken) })
    await expect(answerTo(`${origin}/api/temp-audio/abc`)).rejects.toThrow()
    await vi.waitFor(() => expect(log).toHaveBeenCalledWith('the disk is gone'))
    log.mockRestore()
  })

  it('answers 400 to an invalid Host', async () => {
    const { port } = await open()
    const socket = connect(port, 'localhost')
    socket.end('GET /api/temp-audio/abc HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n')
    expect(Buffer.concat(await socket.toArray()).toString()).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('answers 500 with a problem document when Next.js throws', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { origin } = await open({}, { nextHandler: () => Promise.reject(new Error('no page')) })
    const { statusCode, text } = await answerTo(origin)
    expect([statusCode, JSON.parse(text).code]).toEqual([500, 'internal_error'])
    expect(log).toHaveBeenCalledWith('no page')
    log.mockRestore()
  })
})

/** The two kinds of answers with bytes: to both happens the same. */
const answers: [kind: string, answer: (body: ReadableStream) => Response][] = [
  ['a stream', (body) => new Response(body)],
  ['pieces', (body) => new BytesResponse(iterate(body as Parameters<typeof iterate>[0]))],
]

describe.each(answers)('a caller who hangs up and gets %s', (_, answer) => {
  /** A body that is never at its end, and whether it was read and cancelled. */
  function endless() {
    const cancelled = vi.fn()
    const pulled = vi.fn((controller: ReadableStreamDefaultController) =>
      controller.enqueue(new Uint8Array(65_536)),
    )
    const make = () => new ReadableStream({ pull: pulled, cancel: cancelled }, { highWaterMark: 0 })
    return { cancelled, pulled, make }
  }

  function connectTo(port: number, head = 'GET /ipfs/abc HTTP/1.1\r\nHost: localhost\r\n\r\n') {
    const socket = connect(port, 'localhost').on('error', () => {})
    socket.write(head)
    return socket
  }

  it('before the head has its body cancelled unread', async () => {
    const { cancelled, pulled, make } = endless()
    const asked = Promise.withResolvers<Request>()
    const going = Promise.withResolvers<void>()
    const { port } = await open({
      serveIpfs: async (request) => {
        asked.resolve(request)
        await going.promise
        return answer(make())
      },
    })
    const socket = connectTo(port)
    const { signal } = await asked.promise
    socket.resetAndDestroy()
    await vi.waitFor(() => expect(signal.aborted).toBe(true))
    going.resolve()
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce())
    expect(pulled).not.toHaveBeenCalled()
  })

  it.each([1, 3_000_000])('after %i bytes has its body cancelled', async (bytes) => {
    const { cancelled, make } = endless()
    const { port } = await open({ serveIpfs: async () => answer(make()) })
    const socket = connectTo(port)
    let readBytes = 0
    socket.on('data', (chunk) => {
      readBytes += chunk.length
      if (readBytes >= bytes) socket.resetAndDestroy()
    })
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce())
  })

  it('while the body has nothing to give has it cancelled', async () => {
    const cancelled = vi.fn()
    const silent = () => new ReadableStream({ pull: () => new Promise(() => {}), cancel: cancelled })
    const asked = Promise.withResolvers<void>()
    const { port } = await open({
      serveIpfs: async () => {
        asked.resolve()
        return answer(silent())
      },
    })
    const socket = connectTo(port)
    await asked.promise
    socket.resetAndDestroy()
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce())
  })

  it('with further requests on the same connection has all their bodies cancelled', async () => {
    const { cancelled, make } = endless()
    const asked = vi.fn()
    const { port, front } = await open({
      serveIpfs: async () => {
        asked()
        return answer(make())
      },
    })
    const socket = connectTo(port, 'GET /ipfs/abc HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(5))
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(5))
    socket.resetAndDestroy()
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledTimes(5))
    await front.stop()
  })

  it('before their turn gets no work done', async () => {
    const asked: Options['nextHandler'] = vi.fn((_, response) => response.end('next'))
    const { port, origin, front } = await open({}, { nextHandler: asked })
    let arrived = 0
    const socket = connectTo(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100))
    front.server.on('request', () => {
      arrived += 1
      if (arrived === 100) socket.resetAndDestroy()
    })
    await vi.waitFor(() => expect(arrived).toBe(100))
    // Whoever comes later has their turn after all of them.
    expect(await answerTo(origin)).toMatchObject({ statusCode: 200 })
    expect(vi.mocked(asked).mock.calls.length).toBeLessThan(20)
  })

  it('never had its body read where it asked by HEAD', async () => {
    const cancelled = vi.fn()
    const pulled = vi.fn((controller: ReadableStreamDefaultController) => controller.close())
    const unread = () => new ReadableStream({ pull: pulled, cancel: cancelled }, { highWaterMark: 0 })
    const { origin } = await open({ serveIpfs: async () => answer(unread()) })
    await answerTo(`${origin}/ipfs/abc`, { method: 'HEAD' })
    expect(cancelled).toHaveBeenCalledOnce()
    expect(pulled).not.toHaveBeenCalled()
  })
})

describe.each(answers)('a body of %s that fails before its first byte', (_, answer) => {
  const failing = () =>
    answer(new ReadableStream({ pull: (controller) => controller.error(new Error('no such file')) }))

  it('is asked for once more, since its file may have been deleted a moment before', async () => {
    const serveTempAudio = vi
      .fn()
      .mockImplementationOnce(async () => failing())
      .mockImplementationOnce(
        async () => new Response(null, { status: 302, headers: { Location: '/ipfs/abc' } }),
      )
    const { origin } = await open({ serveTempAudio })
    expect(await answerTo(`${origin}/api/temp-audio/abc`)).toMatchObject({ statusCode: 302 })
  })

  it('is a 503 when it fails again', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { origin } = await open({ serveTempAudio: async () => failing() })
    const { statusCode, headers, text } = await answerTo(`${origin}/api/temp-audio/abc`)
    expect([statusCode, headers['retry-after']]).toEqual([503, '10'])
    expect(JSON.parse(text)).toMatchObject({ code: 'storage_unavailable' })
    expect(log).toHaveBeenCalledWith('no such file')
    log.mockRestore()
  })
})

describe('stop() of the front', () => {
  it('drains the work first, and still answers meanwhile', async () => {
    const drained = Promise.withResolvers<void>()
    const { front, service, origin } = await open({ drain: () => drained.promise })
    const stopped = front.stop()
    expect(service.beginShutdown).toHaveBeenCalledOnce()
    const response = await answerTo(`${origin}/api/health/ready`)
    expect(response.headers.connection).toBe('close')
    drained.resolve()
    await stopped
    await expect(answerTo(origin)).rejects.toThrow('ECONNREFUSED')
  })

  it('waits for running requests', async () => {
    const { front, origin } = await open(
      {},
      { nextHandler: async (_, response) => sleep(200).then(() => response.end('done')) },
    )
    const answer = answerTo(origin)
    await sleep(50)
    await front.stop()
    expect((await answer).text).toBe('done')
  })

  it('waits for running requests no longer than graceMs', async () => {
    const { front, origin } = await open({}, { nextHandler: () => {}, graceMs: 150 })
    const answer = expect(answerTo(origin)).rejects.toThrow()
    await sleep(50)
    await front.stop()
    await answer
  })

  const events = async () => {
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('data: 1\n\n')),
    })
    return new Response(stream, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } })
  }

  it('does not wait for an event stream', async () => {
    const { front, origin } = await open({ serveIpfs: events }, { graceMs: 60_000 })
    await once(
      get(`${origin}/ipfs/events`).on('error', () => {}),
      'response',
    )
    await front.stop()
  })

  it('waits for the event stream of a POST, which ends with its work', async () => {
    const { front, origin } = await open({ serveIpfs: events }, { graceMs: 150 })
    const request = send(`${origin}/ipfs/events`, { method: 'POST' }).on('error', () => {})
    await once(request.end(), 'response')
    const stoppedAt = performance.now()
    await front.stop()
    expect(performance.now() - stoppedAt).toBeGreaterThan(100)
  })

  it('closes the server even when draining fails', async () => {
    const { front } = await open({ drain: () => Promise.reject(new Error('no catalog')) })
    await expect(front.stop()).rejects.toThrow('no catalog')
    expect(front.server.listening).toBe(false)
  })
})
