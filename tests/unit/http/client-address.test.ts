import type { IncomingMessage } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { clientAddress, trustConnectionHeader, writeConnectionHeader } from '#lib/http/client-address.ts'

/** A request as the handlers see it: headers from the caller, then the one that the front writes. */
function request(remoteAddress: string, headers: Record<string, string> = {}) {
  const incoming = { headers: { ...headers }, socket: { remoteAddress } } as unknown as IncomingMessage
  writeConnectionHeader(incoming)
  return { headers: new Headers(incoming.headers as Record<string, string>) }
}

const forwarded = (value: string) => ({ 'x-forwarded-for': value })

it('clientAddress() without a front is unknown, whatever the request says', () => {
  const headers = new Headers({ 'x-voicepin-connection': '1.2.3.4', ...forwarded('5.6.7.8') })
  expect(clientAddress({ headers }, 0)).toBe('unknown')
  expect(clientAddress({ headers }, ['0.0.0.0/0'])).toBe('unknown')
  // Behind a platform's own proxy.
  expect(clientAddress({ headers }, 1)).toBe('5.6.7.8')
})

describe('clientAddress() behind the front is', () => {
  beforeAll(trustConnectionHeader)

  it.each([
    ['the connection without proxies', '9.9.9.9', forwarded('1.1.1.1'), 0, '9.9.9.9'],
    ['not what a caller writes', '9.9.9.9', { 'x-voicepin-connection': '1.1.1.1' }, 0, '9.9.9.9'],
    ['the last entry behind one proxy', '10.0.0.1', forwarded('6.6.6.6, 1.1.1.1'), 1, '1.1.1.1'],
    ['the last but one behind two', '10.0.0.1', forwarded('6.6.6.6, 1.1.1.1, 10.0.0.2'), 2, '1.1.1.1'],
    ['the connection where the proxy says nothing', '10.0.0.1', {}, 2, '10.0.0.1'],
    [
      'the first that is no proxy',
      '10.0.0.1',
      forwarded('6.6.6.6, 1.1.1.1, 10.0.0.2'),
      ['10.0.0.0/8'],
      '1.1.1.1',
    ],
    [
      'the connection where that is no trusted proxy',
      '1.1.1.1',
      forwarded('6.6.6.6'),
      ['10.0.0.0/8'],
      '1.1.1.1',
    ],
    ['single addresses as proxies', '::1', forwarded('1.1.1.1'), ['::1', '127.0.0.1'], '1.1.1.1'],
    ['IPv4 in IPv6', '::ffff:10.0.0.1', forwarded('::ffff:1.1.1.1'), ['10.0.0.1'], '1.1.1.1'],
    ['an address with its port', '10.0.0.1', forwarded('1.1.1.1:4711'), 1, '1.1.1.1'],
    ['an IPv6 address with its port', '10.0.0.1', forwarded('[2001:db8::1]:80'), 1, '2001:db8:0:0::/64'],
    ['the /64 of an IPv6 address', '2001:db8:1:2:3:4:5:6', {}, 0, '2001:db8:1:2::/64'],
    ['nobody for nonsense', '10.0.0.1', forwarded('1.1.1.1, nonsense'), 1, 'unknown'],
  ] as const)('%s', (_, remote, headers, proxies, expected) => {
    expect(clientAddress(request(remote, headers), proxies)).toBe(expected)
  })
})
