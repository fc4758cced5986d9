import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { trustConnectionHeader, writeConnectionHeader } from '#lib/http/client-address.ts'
import { cacheableBaseUrl, publicBaseUrl, settleOrigin } from '#lib/http/origin.ts'
import { rawRequest } from '../../support/raw-http.ts'

type Lines = [name: string, value: string][]

const ours = (host: string): [string, string] => ['Host', host]
const forwardedFor = (value: string): [string, string] => ['X-Forwarded-For', value]
const forwardedHost = (value: string): [string, string] => ['X-Forwarded-Host', value]
const forwardedProto = (value: string): [string, string] => ['X-Forwarded-Proto', value]

describe('settleOrigin()', () => {
  let trusted: number | string[] = 0
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    response.end(urlOf(request))
  })
  beforeAll(async () => {
    trustConnectionHeader()
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  afterAll(() => void server.close())

  function urlOf(message: IncomingMessage): string {
    writeConnectionHeader(message)
    try {
      settleOrigin(message, trusted)
    } catch (error) {
      return String(error)
    }
    const headers = new Headers(message.headers as Record<string, string>)
    return publicBaseUrl(readConfig({}), { headers, url: 'http://localhost/' })
  }

  /** The URL that the caller used, as the handlers learn it. */
  async function urlAfter(lines: Lines, trustedProxies: typeof trusted) {
    trusted = trustedProxies
    const { port } = server.address() as AddressInfo
    const head = ['GET / HTTP/1.1', ...lines.map(([name, value]) => `${name}: ${value}`)]
    const { body } = await rawRequest(`http://127.0.0.1:${port}`, head)
    return body.toString()
  }

  it.each<[string, Lines, number | string[], string]>([
    ['takes the Host', [ours('voice.example:8080')], 0, 'http://voice.example:8080'],
    ['takes an IPv6 address', [ours('[::1]:3000')], 0, 'http://[::1]:3000'],
    ['takes the name of a container', [ours('web_1:3000')], 0, 'http://web_1:3000'],
    [
      'believes no caller',
      [ours('voice.example'), forwardedHost('evil.example'), forwardedProto('https')],
      0,
      'http://voice.example',
    ],
    [
      'believes no connection from elsewhere than the proxies',
      [ours('voice.example'), forwardedHost('evil.example'), forwardedProto('https')],
      ['10.9.0.0/16'],
      'http://voice.example',
    ],
    [
      'believes a proxy by its number',
      [ours('inner'), forwardedHost('voice.example'), forwardedProto('https')],
      1,
      'https://voice.example',
    ],
    [
      'believes a proxy by its address',
      [ours('inner'), forwardedHost('voice.example'), forwardedProto('https')],
      ['127.0.0.0/8'],
      'https://voice.example',
    ],
    [
      'takes what the proxy added, not what the caller wrote before it',
      [
        ours('inner'),
        forwardedFor('1.1.1.1'),
        forwardedHost('evil.example, voice.example'),
        forwardedProto('https, http'),
      ],
      ['127.0.0.0/8'],
      'http://voice.example',
    ],
    [
      'takes what the outer of two proxies added',
      [
        ours('inner'),
        forwardedFor('1.1.1.1, 127.0.0.2'),
        forwardedHost('evil.example'),
        forwardedHost('voice.example, outer'),
        forwardedProto('https'),
      ],
      ['127.0.0.0/8'],
      'https://voice.example',
    ],
    ['leaves what is no host', [ours('inner'), forwardedHost('"><script>')], 1, 'http://inner'],
    ['takes no other protocols', [ours('inner'), forwardedProto('javascript')], 1, 'http://inner'],
    [
      'never believes Forwarded and X-Forwarded-Port',
      [ours('inner'), ['Forwarded', 'host=evil.example;proto=https'], ['X-Forwarded-Port', '1']],
      1,
      'http://inner',
    ],
  ])('%s', async (_, lines, trustedProxies, expected) => {
    expect(await urlAfter(lines, trustedProxies)).toMatch(
      new RegExp(`(^|\\n)${expected.replaceAll(/[[\]]/g, '\\$&')}(\\r|$)`),
    )
  })

  it.each([
    '',
    'a@b',
    'a b',
    'x/ipfs/B?',
    'a#b',
    'a:99999',
    'a:b',
    '1.2.3.4.5',
    '[::1',
    'a,b',
    '"><script>',
    'ü.example',
  ])('refuses the Host %j', async (host) => {
    expect(await urlAfter([ours(host)], 0)).toContain('exactly one Host header')
  })

  it('refuses two Hosts', async () => {
    expect(await urlAfter([ours('a'), ours('a')], 0)).toContain('exactly one Host header')
  })
})

describe('publicBaseUrl()', () => {
  const request = (headers: Record<string, string>) => new Request('http://localhost:3000/api/x', { headers })

  it('is PUBLIC_BASE_URL where that is set, whatever the request says', () => {
    const config = readConfig({ PUBLIC_BASE_URL: 'https://voice.test/base/' })
    expect(publicBaseUrl(config, request({ host: 'evil.test' }))).toBe('https://voice.test/base')
  })

  it.each<[string, Record<string, string>, string]>([
    ['its own', {}, 'http://localhost:3000'],
    ['that of the Host header', { host: 'voice.test:8080' }, 'http://voice.test:8080'],
    ['its own where that is no host', { host: 'voice.test:99999' }, 'http://localhost:3000'],
    [
      'as safe as the caller used it',
      { host: 'voice.test', 'x-forwarded-proto': 'https' },
      'https://voice.test',
    ],
    ['never X-Forwarded-Host', { host: 'voice.test', 'x-forwarded-host': 'evil.test' }, 'http://voice.test'],
  ])('without PUBLIC_BASE_URL is %s', (_, headers, expected) => {
    expect(publicBaseUrl(readConfig({}), request(headers))).toBe(expected)
  })
})

it('cacheableBaseUrl() has nothing that a caller said', () => {
  expect(cacheableBaseUrl(readConfig({}))).toBe('')
  expect(cacheableBaseUrl(readConfig({ PUBLIC_BASE_URL: 'https://ours.example' }))).toBe(
    'https://ours.example',
  )
})
