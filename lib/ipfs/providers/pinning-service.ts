import { createApiClient } from './api-client.ts'
import {
  detailOf,
  findPins,
  notPinnedYet,
  type PinStatus,
  pinStatus,
  pinsHints,
  removePins,
  verifyPin,
} from './pins-api.ts'
import type { IpfsProvider } from './provider.ts'

interface PinningServiceOptions {
  url: string
  token: string
  /** The multiaddrs of nodes that have the content, at which the service looks first. */
  origins: readonly string[]
  gatewayUrl: string
  /** Milliseconds since the epoch. */
  now: () => number
}

/**
 * A service with the IPFS Pinning Service API: it is given a CID and fetches the content itself, from whoever has it.
 * Until the service answers `pinned`, an upload fails with an error that may be retried; the retry looks for the same pin
 * and asks for no second one.
 *
 * The `delegates` of its answers are for libp2p nodes, which dial them to offer the content; this service is none.
 *
 * @see https://ipfs.github.io/pinning-services-api-spec/
 */
export function createPinningServiceProvider(options: PinningServiceOptions): IpfsProvider {
  const { url, token, origins, gatewayUrl, now } = options
  const credentials = { authorization: `Bearer ${token}` }
  const api = createApiClient({ baseUrl: url, credentials, hints: pinsHints, now })

  async function add(cid: string, name: string, signal: AbortSignal): Promise<PinStatus> {
    const pin = { cid, name, ...(origins.length > 0 && { origins }), meta: { service: 'voicepin' } }
    const body = new Blob([JSON.stringify(pin)], { type: 'application/json' })
    return api.json({ method: 'POST', path: '/pins', body, answer: pinStatus, signal })
  }

  return {
    name: 'pinning',
    gatewayUrl,
    needsOrigin: true,
    async upload({ cid, fileName }, { signal }) {
      const known = await findPins(api, cid, signal)
      const pin =
        known.find(({ status }) => status === 'pinned') ?? known[0] ?? (await add(cid, fileName, signal))
      verifyPin(pin, cid)
      if (pin.status === 'pinned') return { cid }
      throw notPinnedYet(pin.status, detailOf(api, pin))
    },
    async holds(cid, { signal }) {
      return (await findPins(api, cid, signal)).some(({ status }) => status === 'pinned')
    },
    unpin: (cid, { signal }) => removePins(api, cid, signal),
  }
}
