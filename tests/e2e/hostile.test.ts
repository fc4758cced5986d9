import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RawResponse } from '../support/raw-http.ts'
import { rawRequest } from '../support/raw-http.ts'
import { newDirectory } from '../support/service.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { useWorld } from '../support/world.ts'

const hex = '0'.repeat(32)

/** Ids as they stand in the request line. */
const ids = [
  '..',
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '..%5c..%5cwindows%5cwin.ini',
  '%252e%252e%252fetc%252fpasswd',
  '....//....//etc/passwd',
  '%2fetc%2fpasswd',
  'catalog.sqlite',
  '..%2fcatalog.sqlite',
  `${hex}%00`,
  `${hex}%00.mp3`,
  `${hex}.mp3`,
  `${hex}%0d%0aSet-Cookie:%20a=b`,
  `${hex.slice(1)}G`,
  hex.slice(1),
  `${hex}0`,
  `${hex}%20`,
  'ABCDEF0123456789ABCDEF0123456789',
  '%F0%9F%92%A9',
  '%ff%fe',
  "' OR 1=1 --",
  '%27%20OR%201%3D1%20--',
  '__proto__',
  'constructor',
  `${'a'.repeat(5000)}`,
  '*',
  'CON',
  '%',
  '%zz',
].map((id): [string, string[]] => [
  `id ${id.slice(0, 40)}`,
  [`GET /api/temp-audio/${id.replaceAll(' ', '+')} HTTP/1.1`],
])

const vocalize = 'POST /api/agents/vocalize HTTP/1.1'
const post = (body: string | Buffer, ...headers: string[]): [string[], string | Buffer] => [
  [vocalize, 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, ...headers],
  body,
]
const json = (value: unknown) => post(JSON.stringify(value))
const deep = '['.repeat(20_000) + ']'.repeat(20_000)

const bodies: [string, [string[], string | Buffer]][] = [
  ['no body', post('')],
  ['no JSON', post('hello')],
  ['half JSON', post('{"text": "a"')],
  ['JSON that is a text', json('text')],
  ['JSON that is null', json(null)],
  ['JSON that is a list', json([])],
  ['deeply nested JSON', post(deep)],
  ['bytes that are no UTF-8', post(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]))],
  ['no text', json({ voiceId: 'slt' })],
  ['an empty text', json({ text: '', voiceId: 'slt' })],
  ['only white space', json({ text: ' \n\t\u00a0 ', voiceId: 'slt' })],
  ['text that is a number', json({ text: 7, voiceId: 'slt' })],
  ['text that is an object', json({ text: { toString: 'x' }, voiceId: 'slt' })],
  ['a text over the limit', json({ text: 'x'.repeat(5001), voiceId: 'slt' })],
  ['no voice', json({ text: 'a' })],
  ['a voice with a path', json({ text: 'a', voiceId: '../../v1/user' })],
  ['a voice with a line end', json({ text: 'a', voiceId: 'a\r\nX: y' })],
  ['a voice of 65 characters', json({ text: 'a', voiceId: 'v'.repeat(65) })],
  ['a voice that is a list', json({ text: 'a', voiceId: ['slt'] })],
  ['settings that are a text', json({ text: 'a', voiceId: 'slt', voiceSettings: 'fast' })],
  ['a speed that is infinite', post('{"text":"a","voiceId":"slt","voiceSettings":{"speed":1e999}}')],
  ['a stability below zero', json({ text: 'a', voiceId: 'slt', voiceSettings: { stability: -1 } })],
  ['a seed that is no whole number', json({ text: 'a', voiceId: 'slt', seed: 0.5 })],
  ['an output format with a path', json({ text: 'a', voiceId: 'slt', outputFormat: '../x' })],
  ['a body over the limit', json({ text: 'a', voiceId: 'slt', padding: 'x'.repeat(70_000) })],
  [
    'a body over the limit, in chunks',
    [[vocalize, 'Transfer-Encoding: chunked'], chunked('x'.repeat(70_000))],
  ],
  ['an announced body of a gigabyte', [[vocalize, 'Content-Length: 1073741824'], 'x'.repeat(70_000)]],
]

function chunked(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
}

const requests: [string, string[]][] = [
  ...['/%', '/docs/%zz', '/%ff%fe', '/api/%', '/v1/%E0%A4', '/_next/static/%', '/api/clips/%c0%af'].map(
    (path): [string, string[]] => [`the broken percent-encoding ${path}`, [`GET ${path} HTTP/1.1`]],
  ),
  ['a URL of another host', ['GET http://elsewhere.example/ HTTP/1.1']],
  ['GET *', ['GET * HTTP/1.1']],
  ['a path of nothing', ['GET /v1 HTTP/1.1', 'Accept: */*']],
  ['POST to nothing', ['POST /v2 HTTP/1.1', 'Accept: text/html', 'Content-Length: 0']],
  ['POST to a page', ['POST / HTTP/1.1', 'Next-Action: 7f', 'Content-Length: 0']],
  [
    'a function of a page in a form',
    ['POST /docs HTTP/1.1', 'Content-Type: multipart/form-data; boundary=x', 'Content-Length: 0'],
  ],
  ['a long URL', [`GET /api/health?${'x'.repeat(9000)} HTTP/1.1`]],
  ['a picture to make smaller', ['GET /_next/image?url=%2Ffavicon.ico&w=64&q=75 HTTP/1.1']],
  ['a Host with a user', ['GET /docs HTTP/1.1', 'Host: a@b']],
  ['a Host with a path', ['GET /ipfs/a HTTP/1.1', 'Host: x/ipfs/b?']],
  ['two Hosts', ['GET /api/health HTTP/1.1', 'Host: a.example', 'Host: b.example']],
  ['an admin call without a secret', ['POST /api/admin/retry-ipfs HTTP/1.1', 'Content-Length: 0']],
  [
    'an admin call with a wrong secret',
    ['GET /api/admin/retry-ipfs HTTP/1.1', 'Authorization: Bearer wrong'],
  ],
  ['an admin call with an empty secret', ['GET /api/admin/retry-ipfs HTTP/1.1', 'Authorization: Bearer ']],
  ['an admin call with Basic', ['GET /api/admin/retry-ipfs HTTP/1.1', 'Authorization: Basic dGVzdDp0ZXN0']],
  ['a method that is not there', ['DELETE /api/agents/vocalize HTTP/1.1']],
  ['PUT on a clip', [`PUT /api/temp-audio/${hex} HTTP/1.1`, 'Content-Length: 0']],
  ['a path that is not there', ['GET /api/nothing HTTP/1.1']],
  ['a range on an unknown clip', [`GET /api/temp-audio/${hex} HTTP/1.1`, 'Range: bytes=0-1,5-6,9-10']],
]

/** Requests that Node itself turns away before any handler: a 4xx, without a document. */
const malformed: [string, string[]][] = [
  ['two lengths', [vocalize, 'Content-Length: 5', 'Content-Length: 6']],
  ['length and chunks', [vocalize, 'Content-Length: 5', 'Transfer-Encoding: chunked']],
  ['a header without a name', ['GET /api/health HTTP/1.1', ': x']],
  ['headers of 20 KB', ['GET /api/health HTTP/1.1', `X-Long: ${'x'.repeat(20_000)}`]],
]

function expectProblem({ status, headers, body }: RawResponse) {
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(500)
  expect(headers['content-type']).toBe('application/problem+json')
  const start = body.indexOf('{')
  const problem = JSON.parse(body.subarray(start, body.lastIndexOf('}') + 1).toString())
  expect(problem).toMatchObject({
    type: expect.any(String),
    title: expect.any(String),
    status,
    detail: expect.any(String),
    code: expect.stringMatching(/^[a-z_]+$/),
    requestId: expect.any(String),
    success: false,
    error: problem.detail,
  })
}

describe('hostile requests', () => {
  let directory: string
  const world = useWorld()
  beforeAll(async () => {
    directory = world.service.directory
    await world.vendors.always('pinata', statusFault(401))
  })

  const send = (head: string[], body: string | Buffer = '') => rawRequest(world.service.baseUrl, head, body)

  it.each(ids)('%s', async (_, head) => expectProblem(await send(head)))
  it.each(bodies)('%s', async (_, [head, body]) => expectProblem(await send(head, body)))
  it.each(requests)('%s', async (_, head) => expectProblem(await send(head)))
  it.each(malformed)('%s', async (_, head) => {
    const { status } = await send(head)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
  })

  it.each(['TRACE', 'PROPFIND', 'PURGE'])('%s is not implemented', async (method) => {
    const { status, headers } = await send([`${method} /api/health HTTP/1.1`])
    expect([status, headers['content-type']]).toEqual([501, 'application/problem+json'])
  })

  it.each(['/', '/dashboard', '/docs', '/nowhere'])('words to Next.js change nothing on %s', async (path) => {
    const words = [
      'RSC: 1',
      'Next-Router-State-Tree: %5B',
      'Next-Router-Prefetch: 1',
      'X-Middleware-Subrequest: proxy',
      'Accept: text/html',
    ]
    const { status, headers } = await send([`GET ${path} HTTP/1.1`, ...words])
    expect([status, headers['content-type']]).toEqual([
      path === '/nowhere' ? 404 : 200,
      'text/html; charset=utf-8',
    ])
  })

  it('what is cached has nothing that a caller said about hosts', async () => {
    const evil = ['Host: evil.example', 'X-Forwarded-Host: evil.example', 'Forwarded: host=evil.example']
    const { body } = await world.service.vocalize()
    for (const path of ['/api/openapi.json', `/api/temp-audio/${body.data.id}`, '/api/voices']) {
      const answer = await send([`GET ${path} HTTP/1.1`, ...evil])
      expect(answer.headers['cache-control'], path).toMatch(/^public/)
      expect(JSON.stringify(answer.headers) + answer.body.toString('latin1'), path).not.toContain('evil')
    }
  })

  it('are 60 at least', () => {
    expect(ids.length + bodies.length + requests.length).toBeGreaterThanOrEqual(60)
  })

  it('ranges of every kind on a clip that is there never harm', async () => {
    const { body } = await world.service.vocalize()
    const at = `GET /api/temp-audio/${body.data.id} HTTP/1.1`
    const ranges = [
      'bytes=0-0,1-1,2-2',
      `bytes=${Array.from({ length: 500 }, (_, index) => `${index}-${index}`).join(',')}`,
      'bytes=18446744073709551615-',
      'bytes=-18446744073709551616',
      'bytes=0x0-0xf',
      'bytes=1e1-2e1',
      'bytes= 0 - 1 ',
      'bytes=\u00a00-1',
    ]
    for (const range of ranges) {
      const { status } = await send([at, `Range: ${range}`])
      expect([200, 206, 416], range).toContain(status)
    }
  })

  it('left nothing outside the store, and no error in the log', async () => {
    const names = await readdir(directory)
    for (const name of names) expect(name).toMatch(/^(audio|catalog\.sqlite(-wal|-shm)?)$/)
    for (const name of await readdir(path.join(directory, 'audio'), { recursive: true })) {
      expect(name).toMatch(/^[0-9a-f]{0,2}\/?[0-9a-f]{32}$/)
    }
    expect(await readdir(path.dirname(await newDirectory()))).not.toContain('passwd')
    expect(
      world.service.log.filter(({ level, status }) => level === 'error' && Number(status) >= 500),
    ).toEqual([])
    expect((await world.service.fetch('/api/health/ready')).status).toBe(200)
  })
})
