import type { Reader } from './reader.ts'
import { flag, plainUrl } from './variables.ts'

/** Indexers of the network, and our address there; `undefined` where nothing is published. */
export function readIpni(
  { read, problems }: Reader,
  { publicBaseUrl }: { publicBaseUrl: string | undefined },
) {
  const isOn = read('IPNI_ANNOUNCE', flag, false)
  const indexerUrl = read('IPNI_INDEXER_URL', plainUrl, 'https://cid.contact')
  if (!isOn) return undefined
  if (!publicBaseUrl || !isReachable(new URL(publicBaseUrl))) {
    problems.push(
      `PUBLIC_BASE_URL: got ${publicBaseUrl ? 'another URL' : 'nothing'}, takes an https URL without a path where IPNI_ANNOUNCE is true, such as https://voice.example`,
    )
    return undefined
  }
  return { indexerUrl, baseUrl: publicBaseUrl }
}

/** Clients fetch by TLS only, and below no path. An indexer on this machine may be tried without TLS. */
function isReachable({ protocol, hostname, pathname, search, username }: URL): boolean {
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
  return (protocol === 'https:' || isLoopback) && pathname === '/' && !search && !username
}
