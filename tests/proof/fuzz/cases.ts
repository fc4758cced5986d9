import fc from 'fast-check'
import type { Json } from '../../support/json.ts'
import type { Exchange } from './exchange.ts'
import { bytes, oddText, oddTexts, valueFor } from './values.ts'

/** What the cases know of the service. */
export interface Target {
  host: string
  /** The OpenAPI description. */
  description: Json
  /** By names of path parameters. */
  known: Record<string, string>
  /** Values of `Authorization` that open something. */
  authorizations: string[]
}

type Case = fc.Arbitrary<Exchange>

const END = '\r\n\r\n'
const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'M-SEARCH',
  'get',
  'X',
]
const hosts = [
  'a@b',
  'x/ipfs/B?',
  'a b',
  'a:99999',
  'a:b',
  '[::1',
  '[::1]',
  '1.2.3.4.5',
  'ü',
  '',
  '..',
  'a,b',
  'a#b',
  'a\\b',
  '%00',
  '"><script>',
  'a'.repeat(300),
]
const framework = [
  'RSC: 1',
  'RSC: %',
  'Next-Router-State-Tree: %5B',
  'Next-Router-State-Tree: %',
  'Next-Router-State-Tree: ["",{}]',
  'Next-Router-Prefetch: 1',
  'Next-Router-Prefetch: 2',
  'Next-Router-Segment-Prefetch: /_tree',
  'Next-Action: 7f',
  'Next-Url: //x',
  'X-Nextjs-Data: 1',
  'Next-Hmr-Refresh: 1',
  'X-Middleware-Subrequest: middleware:middleware:middleware:middleware:middleware',
  'X-Middleware-Prefetch: 1',
  'X-Invoke-Path: /x',
  'X-Invoke-Status: 500',
  'X-Invoke-Error: {}',
  'X-Matched-Path: /%',
  'X-Now-Route-Matches: 1=x',
  'X-Prerender-Revalidate: 1',
  'X-Nextjs-Rewritten-Path: //',
  'X-Forwarded-Host: evil.example',
]
const paths = [
  '/',
  '/dashboard',
  '/docs',
  '/nowhere',
  '/icon.svg',
  '/favicon.ico',
  '/robots.txt',
  '/_next/static/',
  '/_next/image',
  '/_next/data/x.json',
  '/_next/',
  '/index.rsc',
  '/dashboard.rsc',
  '/docs.txt',
  '/_error',
  '/_not-found',
  '/404',
  '/500',
  '/_global-error',
  '/__nextjs_original-stack-frames',
  '/api',
  '/v1',
  '/ipfs',
  '/api/',
  '/api/health',
  '/api/clips/',
  '/api/temp-audio/',
  '/ipfs/',
  '/ipns/x',
  '/v1/voices',
  '/v1/user',
  '/ipni/v1/ad/head',
  '/.env',
  '/.git/config',
  '//evil.example/',
  '/\\evil.example',
  '/./',
  '/../',
  '/%2e%2e/',
  '/;',
  '/api/../docs',
  '/docs/..%2f',
  '*',
  'http://evil.example/',
  'evil.example:443',
  '?',
  '#',
]
const ambiguous = [
  'Content-Length: 5\r\nTransfer-Encoding: chunked',
  'Content-Length: 4\r\nContent-Length: 40',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding: identity',
  'Content-Length: +5',
  'Content-Length: 5 5',
  'Content-Length: 0x5',
  'Content-Length: -1',
  'Content-Length: 5,6',
  ' Transfer-Encoding: chunked',
  'X: y\r\n Transfer-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'Content-Length: 99999999999999999999',
]

const pick = <T>(values: readonly T[]) => fc.constantFrom(...values)
const sometimes = (inner: fc.Arbitrary<string>, weight = 1) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight, arbitrary: inner })
/** A text that can stand in a line of a head. */
const inLine = (text: string) =>
  Buffer.from(text.toWellFormed())
    .toString('latin1')
    .replace(/[\r\n\0]/g, '')

/** All kinds of cases, each as often as it is worth. */
export function anyCase(target: Target): Case {
  const host = `Host: ${target.host}`
  const request = (kind: string, head: string[], body = ''): Exchange => ({
    kind,
    parts: [`${head.filter(Boolean).join('\r\n')}\r\nConnection: close${END}${body}`],
    end: 'wait',
    maxAnswers: 1,
  })
  const operation = fc.oneof(...operationsOf(target)).map(({ line, headers, body }) => {
    const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body, 'latin1')}`
    return request('operation', [line, host, ...headers, length], body)
  })
  const piece = fc.oneof(oddText, pick(paths), bytes(12)).map(inLine)
  const path = fc
    .tuple(pick(methods), pick(paths), piece, sometimes(piece), pick(['/', '%', '', '?', '/%2f', '.']))
    .map(([method, start, middle, query, between]) =>
      request('path', [`${method} ${start}${between}${middle}${query && `?${query}`} HTTP/1.1`, host]),
    )
  const anyHeader = fc.oneof(
    fc
      .tuple(
        pick([
          'Accept',
          'Range',
          'If-Range',
          'If-None-Match',
          'Cookie',
          'Origin',
          'Authorization',
          'Content-Type',
          'Expect',
          'Upgrade',
          'Last-Event-ID',
          'Idempotency-Key',
          'X-Request-Id',
          'X-Forwarded-For',
          'Forwarded',
          'Accept-Encoding',
          'Connection',
          'TE',
          'Trailer',
          'Via',
          'Accept-Language',
          'Traceparent',
        ]),
        oddText,
      )
      .map(([name, value]) => `${name}: ${inLine(value)}`),
    pick(framework),
    bytes(30).map((text) => `X-Odd: ${text}`),
    fc.integer({ min: 100, max: 20_000 }).map((length) => `X-Long: ${'x'.repeat(length)}`),
    fc
      .integer({ min: 10, max: 3000 })
      .map((count) => Array.from({ length: count }, (_, index) => `A${index % 10}: b`).join('\r\n')),
  )
  const plainPath = pick(paths.filter((text) => /^\/[a-z_]/.test(text) || text === '/'))
  const header = fc
    .tuple(
      pick(['GET', 'GET', 'HEAD', 'POST', 'OPTIONS']),
      plainPath,
      fc.array(anyHeader, { maxLength: 4, minLength: 1 }),
    )
    .map(([method, at, headers]) => request('header', [`${method} ${at} HTTP/1.1`, host, ...headers]))
  const oddHost = fc
    .tuple(
      plainPath,
      fc.array(fc.oneof(pick(hosts), oddText.map(inLine)), { minLength: 0, maxLength: 2 }),
      pick(['1.1', '1.1', '1.0', '0.9', '2.0']),
    )
    .map(([at, names, version]) =>
      request('host', [`GET ${at} HTTP/${version}`, ...names.map((name) => `Host: ${name}`)]),
    )
  const inner = `GET /api/health HTTP/1.1\r\n${host}\r\nX-Request-Id: smuggled${END}`
  const smuggle = fc
    .tuple(
      pick(ambiguous),
      pick(['POST /api/agents/vocalize', 'POST /', 'GET /ipfs/x', 'GET /api/health']),
      pick(['', '0\r\n\r\n', '5\r\nabcde\r\n0\r\n\r\n']),
    )
    .map(
      ([framing, line, lead]): Exchange => ({
        kind: 'smuggle',
        parts: [`${line} HTTP/1.1\r\n${host}\r\n${framing}${END}${lead}${inner}`],
        end: 'half',
        maxAnswers: 2,
        isAmbiguous: true,
      }),
    )
  const chunks = fc
    .array(
      fc.oneof(
        bytes(20),
        pick([
          '5\r\nabcde\r\n',
          '0\r\n\r\n',
          'ffffffffffffffff\r\n',
          '-1\r\n',
          '5;x="y"\r\nabcde\r\n',
          '0\r\nX-Injected: 1\r\n\r\n',
          'g\r\n',
          `5;${'x'.repeat(20_000)}\r\n`,
        ]),
      ),
      { maxLength: 6 },
    )
    .map(
      (parts): Exchange => ({
        kind: 'chunks',
        parts: [
          `POST /api/agents/vocalize HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\nConnection: close${END}`,
          ...parts,
        ],
        end: 'half',
        maxAnswers: 1,
      }),
    )
  const garbage = bytes(200).map(
    (text): Exchange => ({ kind: 'garbage', parts: [`${text}${END}`], end: 'half', maxAnswers: 2 }),
  )
  const mutated = fc
    .tuple(
      operation,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), bytes(4)), { minLength: 1, maxLength: 4 }),
    )
    .map(([{ parts }, changes]): Exchange => {
      const text = changes.reduce((whole, [at, cut, insert]) => {
        const place = at % (whole.length + 1)
        return whole.slice(0, place) + insert + whole.slice(place + cut)
      }, parts[0] ?? '')
      return { kind: 'mutated', parts: [text], end: 'half', maxAnswers: 3 }
    })
  const pipeline = fc.array(plainPath, { minLength: 2, maxLength: 8 }).map((all): Exchange => {
    const requests = all.map(
      (at, index) =>
        `GET ${at} HTTP/1.1\r\n${host}${index === all.length - 1 ? '\r\nConnection: close' : ''}${END}`,
    )
    return { kind: 'pipeline', parts: [requests.join('')], end: 'wait', maxAnswers: all.length }
  })
  const torn = fc
    .tuple(fc.oneof(operation, path), fc.nat(), fc.nat(), pick(['wait', 'half', 'reset'] as const))
    .map(([{ parts }, one, other, end]): Exchange => {
      const [text = ''] = parts
      const [from, to] = [one % text.length, other % text.length].sort((a, b) => a - b) as [number, number]
      // Only a whole request gets an answer in time.
      const last = end === 'wait' ? [text.slice(to)] : []
      return {
        kind: `torn, ${end}`,
        parts: [text.slice(0, from), text.slice(from, to), ...last].filter(Boolean),
        end,
        maxAnswers: 1,
      }
    })
  return fc.oneof(
    { weight: 40, arbitrary: operation },
    { weight: 15, arbitrary: path },
    { weight: 14, arbitrary: header },
    { weight: 5, arbitrary: oddHost },
    { weight: 4, arbitrary: smuggle },
    { weight: 4, arbitrary: chunks },
    { weight: 3, arbitrary: garbage },
    { weight: 8, arbitrary: mutated },
    { weight: 2, arbitrary: pipeline },
    { weight: 5, arbitrary: torn },
  )
}

interface Operation {
  line: string
  headers: string[]
  body?: string
}

/** A case for each operation of the description: right in most parts, odd in some. */
function operationsOf({ description, known, authorizations }: Target): fc.Arbitrary<Operation>[] {
  const schemas = description.components?.schemas ?? {}
  const encoded = (text: string) => encodeURIComponent(text.toWellFormed())
  const header = (name: string, values: string[]) =>
    sometimes(
      fc.oneof(pick(values), oddText).map((value) => `${name}: ${inLine(value)}`),
      2,
    )
  return Object.entries<Json>(description.paths).flatMap(([template, item]) =>
    Object.keys(item)
      .filter((method) => /^(get|head|post|put|patch|delete)$/.test(method))
      .map((method) => {
        const { parameters = [], requestBody } = item[method]
        const queryNames = parameters
          .filter((parameter: Json) => parameter.in === 'query')
          .map(({ name }: Json) => name)
        const schema = requestBody?.content?.['application/json']?.schema
        const right = fc.constant('')
        const at = fc
          .tuple(
            fc.array(
              fc.oneof(
                { weight: 3, arbitrary: right },
                { weight: 1, arbitrary: fc.oneof(pick(oddTexts), oddText) },
              ),
              { minLength: 4, maxLength: 4 },
            ),
          )
          .map(([odd]) => {
            let index = 0
            return template.replace(/\{(\w+)\}/g, (_, name: string) =>
              encoded(odd[index++ % 4] || (known[name] ?? 'x')),
            )
          })
        const query = fc
          .array(
            fc.tuple(
              pick([...queryNames, 'x', '__proto__', 'format', 'download', 'limit']),
              fc.oneof(oddText, pick(['1', '20', 'raw', 'car', '1h', 'mp3_44100_128'])),
            ),
            { maxLength: 2 },
          )
          .map((pairs) => pairs.map(([name, value]) => `${name}=${encoded(value)}`).join('&'))
        const body = schema
          ? fc.oneof(
              {
                weight: 12,
                arbitrary: valueFor(schema, schemas).map((value) => JSON.stringify(value) ?? ''),
              },
              { weight: 1, arbitrary: bytes(60) },
              { weight: 1, arbitrary: pick(['', '{', '[]', 'null', '"', '['.repeat(20_000)]) },
            )
          : fc.constant(undefined)
        const headers = fc.tuple(
          fc
            .oneof(
              { weight: 9, arbitrary: pick(authorizations) },
              { weight: 1, arbitrary: pick(['', 'Bearer', 'Bearer x', 'Basic x']) },
            )
            .map((value) => `Authorization: ${value}`),
          header('Accept', [
            '*/*',
            'application/json',
            'audio/mpeg',
            'text/event-stream',
            'application/vnd.ipld.car',
            'application/vnd.ipld.raw',
          ]),
          header('Range', [
            'bytes=0-0',
            'bytes=5-',
            'bytes=-5',
            'bytes=9-1',
            'bytes=0-0,2-3',
            'bytes=99999999999-',
          ]),
          header('Content-Type', ['application/json', 'text/plain', 'multipart/form-data; boundary=x']),
          header('Idempotency-Key', ['a', 'b', 'c']),
          header('If-None-Match', ['*', '"x"', 'W/"x"', `"${known.cid}"`]),
          header('Origin', ['null', 'https://elsewhere.example']),
        )
        return fc.tuple(at, query, headers, body).map(([pathname, search, lines, content]): Operation => {
          const line = `${method.toUpperCase()} ${pathname}${search && `?${search}`} HTTP/1.1`
          return {
            line,
            headers: lines,
            body: content === undefined ? undefined : Buffer.from(content.toWellFormed()).toString('latin1'),
          } as Operation
        })
      }),
  )
}
