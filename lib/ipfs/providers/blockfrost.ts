import { z } from 'zod'
import { canonicalCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { createApiClient } from './api-client.ts'
import type { Hint } from './api-errors.ts'
import { answeredCid, notPinnedYet } from './pins-api.ts'
import type { IpfsProvider } from './provider.ts'
import { removed } from './removal.ts'

interface BlockfrostOptions {
  url: string
  projectId: string
  gatewayUrl: string
  /** Milliseconds since the epoch. */
  now: () => number
}

const pinState = z.object({
  ipfs_hash: z.string(),
  state: z.enum(['queued', 'pinned', 'unpinned', 'failed', 'gc']),
})

/** The statuses of https://blockfrost.dev/api/pin-an-object. */
const hints: Hint[] = [
  { status: 402, hint: "the project's limit of the day is reached" },
  { status: 418, hint: 'this address is banned for going on after the limit was reached' },
  { status: 425, hint: 'too many pins of this project are queued: Blockfrost takes 100' },
]

/**
 * Blockfrost: it is given a CID and fetches the content itself, from whoever has it. Until it answers `pinned`, an upload
 * fails with an error that may be retried; the retry looks for the same pin and asks for no second one.
 *
 * @see https://blockfrost.dev/api/pin-an-object
 */
export function createBlockfrostProvider({
  url,
  projectId,
  gatewayUrl,
  now,
}: BlockfrostOptions): IpfsProvider {
  const api = createApiClient({ baseUrl: url, credentials: { project_id: projectId }, hints, now })

  /** @see https://blockfrost.dev/api/get-details-about-pinned-object */
  async function stateOf(cid: string, signal: AbortSignal) {
    try {
      const path = `/ipfs/pin/list/${cid}`
      const pin = await api.json({ method: 'GET', path, answer: pinState, signal })
      return canonicalCid(pin.ipfs_hash) === cid ? pin.state : undefined
    } catch (error) {
      if (ProviderError.isInstance(error) && error.statusCode === 404) return undefined
      throw error
    }
  }

  async function add(cid: string, signal: AbortSignal) {
    const path = `/ipfs/pin/add/${cid}`
    const pin = await api.json({ method: 'POST', path, answer: pinState, signal })
    if (canonicalCid(pin.ipfs_hash) === cid) return pin.state
    throw new ProviderError(`Answered the CID ${answeredCid(pin.ipfs_hash)}, but ${cid} was asked for`, {
      isRetryable: false,
    })
  }

  return {
    name: 'blockfrost',
    gatewayUrl,
    needsOrigin: true,
    async upload({ cid }, { signal }) {
      const known = await stateOf(cid, signal)
      const state = known === 'pinned' || known === 'queued' ? known : await add(cid, signal)
      if (state === 'pinned') return { cid }
      throw notPinnedYet(state)
    },
    async holds(cid, { signal }) {
      return (await stateOf(cid, signal)) === 'pinned'
    },
    // https://blockfrost.dev/api/remove-a-ipfs-pin
    unpin: (cid, { signal }) =>
      removed(api.done({ method: 'POST', path: `/ipfs/pin/remove/${cid}`, signal })),
  }
}
