import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { processSingleton } from '#lib/platform/process-singleton.ts'

/** The header in which the front passes the address of the connection to the handlers. */
const CONNECTION_HEADER = 'x-voicepin-connection'
const UNKNOWN = 'unknown'

/** Without a front the header says nothing: any caller can have written it. */
const trust = () => processSingleton('connection header', () => ({ isTrusted: false }))

/** Promises that from now on `writeConnectionHeader` is called for every request of this process. */
export function trustConnectionHeader(): void {
  trust().isTrusted = true
}

/** Writes the address of the connection into the request, over whatever the caller wrote there. */
export function writeConnectionHeader(request: IncomingMessage): void {
  request.headers[CONNECTION_HEADER] = request.socket.remoteAddress ?? UNKNOWN
}

/**
 * The caller's address as a key for limits: an IPv4 address, or the /64 of an IPv6 address, since one customer has
 * all addresses of a /64. `X-Forwarded-For` is read from its end, and only as far as trusted proxies wrote it.
 *
 * `trustedProxies` is a number of proxies, or a list of addresses and CIDR ranges.
 */
export function clientAddress({ headers }: Pick<Request, 'headers'>, trustedProxies: Proxies): string {
  const way = wayOf(headers.get(CONNECTION_HEADER), headers.get('X-Forwarded-For'))
  return keyOf(way[Math.min(passedOn(way, trustedProxies), way.length - 1)])
}

/** How many trusted proxies a request has come through whose connection `writeConnectionHeader` wrote. */
export function proxiesPassed(headers: IncomingMessage['headers'], trustedProxies: Proxies): number {
  if (trustedProxies === 0) return 0
  return passedOn(wayOf(String(headers[CONNECTION_HEADER]), headers['x-forwarded-for']), trustedProxies)
}

/** The addresses on the way to the caller, from the connection on. */
function wayOf(connection: string | null, forwardedFor: string | string[] | null = ''): Way {
  const forwarded = String(forwardedFor ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
  return [(trust().isTrusted && connection) || UNKNOWN, ...forwarded.reverse()].map(parse)
}

function passedOn(way: Way, trustedProxies: Proxies): number {
  const isTrusted = trustIn(trustedProxies)
  const client = way.findIndex((address, index) => !isTrusted(address, index))
  return client < 0 ? way.length : client
}

type Proxies = number | readonly string[]
type Way = (Address | undefined)[]
type Address = ipaddr.IPv4 | ipaddr.IPv6

/** The same callers come again and again. */
const known = new Map<string, Address | undefined>()
const MAX_KNOWN = 1000
const MAX_CHARACTERS = 64

/** Without the port that some proxies write; `::ffff:10.0.0.1` as the IPv4 address that it is. */
function parse(text: string): Address | undefined {
  if (text.length > MAX_CHARACTERS) return undefined
  if (known.size >= MAX_KNOWN) known.clear()
  if (!known.has(text)) known.set(text, parseNew(text))
  return known.get(text)
}

function parseNew(text: string): Address | undefined {
  const bare = text.trim().replace(/^\[(.*)\](:\d+)?$/, '$1')
  const withoutPort = /^[\d.]+:\d+$/.test(bare) ? bare.slice(0, bare.indexOf(':')) : bare
  return ipaddr.isValid(withoutPort) ? ipaddr.process(withoutPort) : undefined
}

function trustIn(proxies: Proxies) {
  if (typeof proxies === 'number') return (_: Address | undefined, index: number) => index < proxies
  const ranges = proxies.map((range) =>
    range.includes('/') ? ipaddr.parseCIDR(range) : ([ipaddr.process(range), undefined] as const),
  )
  return (address: Address | undefined) =>
    ranges.some(([network, bits]) => {
      if (address?.kind() !== network.kind()) return false
      return address.match(network, bits ?? (network.kind() === 'ipv4' ? 32 : 128))
    })
}

function keyOf(address: Address | undefined): string {
  if (!address) return UNKNOWN
  if (address.kind() === 'ipv4') return address.toString()
  const network = (address as ipaddr.IPv6).parts.slice(0, 4)
  return `${network.map((part) => part.toString(16)).join(':')}::/64`
}
