import { z } from 'zod'
import { canonicalCid, verifyAnsweredCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { createApiClient } from './api-client.ts'
import type { IpfsProvider } from './provider.ts'

interface Web3StorageOptions {
  url: string
  /** Endpoints of the operator may need none. */
  token?: string | undefined
  gatewayUrl: string
  /** Milliseconds since the epoch. */
  now: () => number
}

/** A service with the API of Web3.Storage: the original was closed, but compatible services can be used. */
export function createWeb3StorageProvider(options: Web3StorageOptions): IpfsProvider {
  const { url, token, gatewayUrl, now } = options
  const credentials: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  const api = createApiClient({ baseUrl: url, credentials, now })
  const answer = z.object({ cid: z.string() })
  return {
    name: 'web3storage',
    gatewayUrl,
    // https://github.com/web3-storage/web3.storage/blob/main/packages/client/src/lib.js (putCar)
    async upload(content, { signal }) {
      const headers = {
        'content-type': 'application/vnd.ipld.car',
        'x-name': encodeURIComponent(content.fileName),
      }
      const { cid } = await api.json({
        method: 'POST',
        path: '/car',
        headers,
        body: content.car,
        answer,
        signal,
      })
      return { cid: await verifyAnsweredCid(cid, content) }
    },
    // Its client had no call for it: https://github.com/web3-storage/web3.storage/blob/main/packages/client/src/lib.js (delete)
    async unpin(_, { signal }) {
      signal.throwIfAborted()
      return undefined
    },
    // https://github.com/web3-storage/web3.storage/blob/main/packages/client/src/lib.js (status)
    async holds(cid, { signal }) {
      try {
        const status = await api.json({ method: 'GET', path: `/status/${cid}`, answer, signal })
        return canonicalCid(status.cid) === cid
      } catch (error) {
        if (!ProviderError.isInstance(error)) throw error
        if (error.statusCode === 404) return false
        if (isClientError(error.statusCode) && !error.isRetryable) return undefined
        throw error
      }
    },
  }
}

const isClientError = (status = 0) => status >= 400 && status < 500
