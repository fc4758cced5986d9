import { verifyAnsweredCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { createApiClient } from './api-client.ts'
import { carPart } from './parts.ts'
import { detailOf, findPins, pinStatus, pinsHints, removePins } from './pins-api.ts'
import type { IpfsProvider } from './provider.ts'

interface FulaOptions {
  url: string
  token: string
  gatewayUrl: string
  /** Milliseconds since the epoch. */
  now: () => number
}

/**
 * Functionland's Fula network: a Pinning Service API that also imports CARs. What it has accepted is `queued`, and not sent
 * again: importing the same CAR twice gives the same pin.
 *
 * @see https://docs.fx.land/pinning-service/ipfs-pinning-service-api
 */
export function createFulaProvider({ url, token, gatewayUrl, now }: FulaOptions): IpfsProvider {
  const credentials = { authorization: `Bearer ${token}` }
  const api = createApiClient({ baseUrl: url, credentials, hints: pinsHints, now })
  return {
    name: 'fula',
    gatewayUrl,
    async upload(content, { signal }) {
      const body = new FormData()
      body.append('name', content.fileName)
      body.append('file', carPart(content))
      const pin = await api.json({
        method: 'POST',
        path: '/pins/import/car',
        body,
        answer: pinStatus,
        signal,
      })
      const cid = await verifyAnsweredCid(pin.pin.cid, content)
      if (pin.status !== 'failed') return { cid }
      const detail = detailOf(api, pin)
      throw new ProviderError(`Accepted, but not pinned${detail && `: ${detail}`}`, { isRetryable: true })
    },
    async holds(cid, { signal }) {
      return (await findPins(api, cid, signal)).some(({ status }) => status === 'pinned')
    },
    unpin: (cid, { signal }) => removePins(api, cid, signal),
  }
}
