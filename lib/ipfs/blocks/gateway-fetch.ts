import { lookup } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const MAX_REDIRECTS = 3

/**
 * Fetches `url` from a gateway. A redirect is followed, three times at most, within the gateway (its own host, and the
 * subdomain for each CID that some have), and to other hosts by HTTPS if all of their addresses are public: so that nobody
 * has this service ask what only its own network can reach. HTTPS also refuses a host that moves in between, for it has no
 * certificate of that name. Any other redirect is the answer.
 *
 * @see https://specs.ipfs.tech/http-gateways/subdomain-gateway/
 * @throws what `fetch` throws
 */
export async function fetchFromGateway(url: string, init: RequestInit): Promise<Response> {
  const gateway = new URL(url)
  let target = gateway
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetch(target, { ...init, redirect: 'manual' })
    const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null
    const next = location === null ? null : URL.parse(location, target)
    if (!next || redirects === MAX_REDIRECTS || !(await mayFollow(gateway, next))) return response
    await response.body?.cancel()
    target = next
  }
}

async function mayFollow(gateway: URL, next: URL): Promise<boolean> {
  if (next.username || next.password) return false
  if (isWithin(gateway, next)) return true
  return next.protocol === 'https:' && (await isPublic(next.hostname))
}

function isWithin(gateway: URL, { protocol, port, hostname }: URL): boolean {
  const isNoLessSafe = protocol === gateway.protocol || protocol === 'https:'
  const isItsHost = hostname === gateway.hostname || hostname.endsWith(`.${gateway.hostname}`)
  return isNoLessSafe && isItsHost && port === gateway.port
}

async function isPublic(hostname: string): Promise<boolean> {
  const addresses = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => [])
  return (
    addresses.length > 0 && addresses.every(({ address }) => ipaddr.process(address).range() === 'unicast')
  )
}
