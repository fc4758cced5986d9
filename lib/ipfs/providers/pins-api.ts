import { z } from 'zod'
import { canonicalCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { ProviderError } from '#lib/model/errors.ts'
import type { ApiClient } from './api-client.ts'
import type { Hint } from './api-errors.ts'
import { removed } from './removal.ts'

/** What the specification's own error codes mean for the operator. */
export const pinsHints: Hint[] = [
  { status: 402, hint: "the account's storage is used up: free some there, or choose a larger plan" },
  { status: 409, hint: "the account's funds are used up, as the specification has it" },
]

/** One pin, as the IPFS Pinning Service API describes it. */
export const pinStatus = z.object({
  status: z.enum(['queued', 'pinning', 'pinned', 'failed']),
  pin: z.object({ cid: z.string() }),
  info: z.record(z.string(), z.unknown()).nullish(),
})
export type PinStatus = z.infer<typeof pinStatus>

const pins = z.object({ results: z.array(pinStatus) })

/**
 * The pins of `cid` that have not failed.
 *
 * @see https://ipfs.github.io/pinning-services-api-spec/
 */
export async function findPins(api: ApiClient, cid: string, signal: AbortSignal): Promise<PinStatus[]> {
  const query = new URLSearchParams({ cid, status: 'queued,pinning,pinned' })
  const { results } = await api.json({ method: 'GET', path: `/pins?${query}`, answer: pins, signal })
  return results.filter(({ pin }) => canonicalCid(pin.cid) === cid)
}

const withId = z.object({ requestid: z.string(), pin: z.object({ cid: z.string() }) })
const pinsWithIds = z.object({ results: z.array(withId) })

/**
 * Removes every pin of `cid`, in whatever state.
 *
 * @see https://ipfs.github.io/pinning-services-api-spec/#operation/deletePin
 */
export async function removePins(api: ApiClient, cid: string, signal: AbortSignal): Promise<true> {
  const query = new URLSearchParams({ cid, status: 'queued,pinning,pinned,failed', limit: '1000' })
  const { results } = await api.json({ method: 'GET', path: `/pins?${query}`, answer: pinsWithIds, signal })
  for (const { requestid, pin } of results) {
    if (canonicalCid(pin.cid) !== cid) continue
    const path = `/pins/${encodeURIComponent(requestid)}`
    await removed(api.done({ method: 'DELETE', path, signal }))
  }
  return true
}

/** A CID as a service answered it, for a message: any other text may be anything. */
export const answeredCid = (text: string) => canonicalCid(text) ?? 'of another form'

/** @throws ProviderError when the answer is about other content */
export function verifyPin({ pin }: PinStatus, cid: string): void {
  if (canonicalCid(pin.cid) === cid) return
  throw new ProviderError(`Answered the CID ${answeredCid(pin.cid)}, but ${cid} was asked for`, {
    isRetryable: false,
  })
}

/** The error for a pin that is asked for and not there; a retry looks for it again. */
export function notPinnedYet(status: string, detail = ''): ProviderError {
  const message = `Not pinned yet (${status})${detail && `: ${detail}`}`
  return new ProviderError(message, { isRetryable: true, mayHaveStored: true })
}

/** What a service says about the state of a pin, without credentials. */
export const detailOf = (api: ApiClient, { info }: PinStatus) =>
  info ? api.excerpt(JSON.stringify(info)) : ''
