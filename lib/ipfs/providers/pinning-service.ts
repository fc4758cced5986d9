import { z } from 'zod'
import { canonicalCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { createApiClient } from './api-client.ts'
import type { IpfsProvider } from './provider.ts'

interface PinningServiceOptions {
  url: string
  token: string
  gatewayUrl: string
  /** Milliseconds since the epoch. */
  now: () => number
}

const pinStatus = z.object({
  status: z.enum(['queued', 'pinning', 'pinned', 'failed']),
  pin: z.object({ cid: z.string() }),
  info: z.record(z.string(), z.unknown()).nullish(),
})
type PinStatus = z.infer<typeof pinStatus>

/**
 * A service with the IPFS Pinning Service API: it is given a CID and fetches the content itself, from whoever has it.
 * Until the service answers `pinned`, an upload fails with an error that may be retried; the retry looks for the same pin
 * and asks for no second one.
 *
 * @see https://ipfs.github.io/pinning-services-api-spec/
 */
export function createPinningServiceProvider(options: PinningServiceOptions): IpfsProvider {
  const { url, token, gatewayUrl, now } = options
  const api = createApiClient({ baseUrl: url, credentials: { authorization: `Bearer ${token}` }, now })

  async function find(cid: string, signal: AbortSignal): Promise<PinStatus[]> {
    const query = new URLSearchParams({ cid, status: 'queued,pinning,pinned' })
    const answer = z.object({ results: z.array(pinStatus) })
    const { results } = await api.json({ method: 'GET', path: `/pins?${query}`, answer, signal })
    return results.filter(({ pin }) => canonicalCid(pin.cid) === cid)
  }

  return {
    name: 'pinning',
    gatewayUrl,
    needsOrigin: true,
    async upload({ cid, fileName }, { signal }) {
      const known = await find(cid, signal)
      const pin =
        known.find(({ status }) => status === 'pinned') ?? known[0] ?? (await add(cid, fileName, signal))
      if (canonicalCid(pin.pin.cid) !== cid) {
        throw new ProviderError(`Answered the CID ${pin.pin.cid}, but ${cid} was asked for`, {
          isRetryable: false,
        })
      }
      if (pin.status === 'pinned') return { cid }
      const info = pin.info ? `: ${api.excerpt(JSON.stringify(pin.info))}` : ''
      throw new ProviderError(`Not pinned yet (${pin.status})${info}`, {
        isRetryable: true,
        mayHaveStored: true,
      })
    },
    async holds(cid, { signal }) {
      return (await find(cid, signal)).some(({ status }) => status === 'pinned')
    },
  }

  async function add(cid: string, name: string, signal: AbortSignal): Promise<PinStatus> {
    const body = new Blob([JSON.stringify({ cid, name, meta: { service: 'voicepin' } })], {
      type: 'application/json',
    })
    return api.json({ method: 'POST', path: '/pins', body, answer: pinStatus, signal })
  }
}
