import type { Pin } from '#lib/catalog/schema.ts'
import type { Services } from '#lib/context.ts'
import { WrongContentError } from '#lib/ipfs/blocks/car-reader.ts'
import { GatewayError, spoolDirectoryOf } from '#lib/ipfs/blocks/fetch-content.ts'
import { carParts } from '#lib/ipfs/blocks/unixfs.ts'
import { carVerifier } from '#lib/ipfs/blocks/verify-car.ts'
import { attemptLimitMs } from '#lib/ipfs/chain/attempt-limit.ts'
import { EMBEDDED } from '#lib/ipfs/providers/embedded.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import type { Clip } from '#lib/model/clip.ts'
import { withTimeLimit } from '#lib/platform/clock.ts'
import { describeError, markedError } from '#lib/platform/errors.ts'
import { isOwnFault } from '#lib/platform/own-fault.ts'

/** How long a provider may take to say whether it holds a clip, and a gateway to answer from its cache. */
const LOOKUP_TIMEOUT_MS = 5000

/**
 * What is known of a clip at its provider:
 *
 * - `delivered`: all of its bytes were read and are right
 * - `absent`: the provider says that it does not hold it, or its gateway that there is no such content, or sends other
 *   bytes
 * - `silent`: the gateway hangs or answers 504, by which a recursive gateway says that it has found nothing so far
 * - `unreachable`: the gateway cannot be asked: refused connections, other errors; and what says nothing of it, ever (with
 *   `retryAfterMs`): 429, and faults of this machine, such as a full disk
 */
export interface Verification {
  outcome: 'delivered' | 'absent' | 'silent' | 'unreachable'
  /** How long to wait before it is asked again, in milliseconds: it wants to be left alone, or we cannot ask. */
  retryAfterMs?: number
  /** Whether another gateway than that of the provider has delivered it. */
  isElsewhere?: boolean
  error?: string
}

/** How long a gateway that names no time is left alone after it has answered 429. */
const TOO_MANY_REQUESTS_MS = 60_000

/** How long this machine has to recover before it asks again. */
const OWN_FAULT_MS = 60_000

/** Statuses by which a gateway says that it does not have the content; 412 and 504 where only its cache was asked. */
const absentStatuses = new Set([404, 410, 412, 504])

/** A gateway has not answered in time. */
class NoAnswerError extends markedError('NoAnswerError') {}

/**
 * Reads the content of `pin` through the gateway of its provider, and verifies every byte; keeps nothing. Where that
 * fails the provider is asked whether it holds it (a no is believed), a silent gateway for what it has itself, and with
 * `asksOthers` other gateways: what they deliver is in the network.
 */
export async function verifyPin(
  services: Services,
  clip: Clip,
  pin: Pin,
  { asksOthers = false } = {},
): Promise<Verification> {
  const provider = services.providers.find(({ name }) => name === pin.provider)
  // Our own repository is there to be read, whether or not it takes further clips.
  if (pin.provider === EMBEDDED || (provider && !provider.gatewayUrl)) return readOwn(services, pin.cid)
  const first: Verification = provider
    ? await verifyThrough(services, provider.gatewayUrl, clip, pin.cid)
    : { outcome: 'unreachable', error: 'The provider is not configured any more' }
  if (first.outcome === 'delivered') return first
  const doubted: Doubted = provider
    ? await askAgain(services, provider, { first, clip, cid: pin.cid })
    : first
  if (!asksOthers || doubted.outcome === 'delivered' || doubted.isDenied) return doubted
  const read = await readFromOthers(services, clip, pin.cid)
  return read ? { ...read, isElsewhere: provider !== undefined && first.retryAfterMs === undefined } : doubted
}

/** Reads it through any gateway. */
export function verifyThrough(
  services: Services,
  gatewayUrl: string,
  { sizeBytes }: Clip,
  cid: string,
  { isCachedOnly = false } = {},
): Promise<Verification> {
  const { clock, config, tasks } = services
  const spoolDirectory = spoolDirectoryOf(config)
  const options = { gatewayUrl, sizeBytes, spoolDirectory, isCachedOnly }
  return verificationOf(
    () =>
      withTimeLimit((signal) => services.fetchContent(carVerifier, cid, { ...options, signal }), {
        clock,
        timeoutMs: isCachedOnly ? LOOKUP_TIMEOUT_MS : attemptLimitMs(config.ipfs.attemptTimeoutMs, sizeBytes),
        timeoutError: () => new NoAnswerError('No answer in time'),
        signal: tasks.signal,
      }),
    // To a request for what a cache has, 504 is the answer that it has nothing (RFC 9111 §5.2.1.7).
    { silentStatuses: isCachedOnly ? [] : [504] },
  )
}

/** `isDenied`: the provider says that it does not hold it. */
type Doubted = Verification & { isDenied?: boolean }

/** What else the provider and its gateway say of what was not delivered. */
async function askAgain(
  services: Services,
  provider: IpfsProvider,
  { first, clip, cid }: { first: Verification; clip: Clip; cid: string },
): Promise<Doubted> {
  const isHeld = await isHeldBy(services, provider, cid)
  if (isHeld === false) {
    return { outcome: 'absent', error: `${first.error}; the provider does not hold it`, isDenied: true }
  }
  if (first.outcome !== 'silent') return first
  const cached = await verifyThrough(services, provider.gatewayUrl, clip, cid, { isCachedOnly: true })
  if (cached.outcome === 'delivered') return cached
  if (isHeld === true || cached.outcome !== 'absent') return first
  return { outcome: 'absent', error: `${first.error}; the gateway does not have it itself` }
}

/** Whether the provider says now that it holds `cid`; `undefined` where it cannot tell, or does not answer in time. */
export async function isHeldBy(
  { clock, tasks }: Services,
  provider: IpfsProvider,
  cid: string,
): Promise<boolean | undefined> {
  try {
    return await withTimeLimit((signal) => provider.holds(cid, { signal }), {
      clock,
      timeoutMs: LOOKUP_TIMEOUT_MS,
      timeoutError: () => new NoAnswerError('No answer in time'),
      signal: tasks.signal,
    })
  } catch {
    return undefined
  }
}

async function readFromOthers(services: Services, clip: Clip, cid: string) {
  const { gatewayUrl, gateways } = services.config.ipfs
  for (const other of gatewayUrl ? [gatewayUrl, ...gateways] : gateways) {
    const read = await verifyThrough(services, other, clip, cid)
    if (read.outcome === 'delivered') return read
  }
  return undefined
}

async function readOwn({ blockStore }: Services, cid: string): Promise<Verification> {
  let isMissing = false
  const verification = await verificationOf(async () => {
    const kept = await blockStore.open(cid)
    isMissing = kept === null
    if (kept) await carVerifier.put(cid, await kept.read(carParts(kept.dag, { scope: 'all', dups: false })))
  })
  return isMissing ? { outcome: 'absent', error: 'It is not in the repository' } : verification
}

/** The outcome of `read`, which throws unless it got the right bytes. */
async function verificationOf(
  read: () => Promise<void>,
  { silentStatuses = [] as number[] } = {},
): Promise<Verification> {
  try {
    await read()
    return { outcome: 'delivered' }
  } catch (cause) {
    const error = describeError(cause)
    if (WrongContentError.isInstance(cause)) return { outcome: 'absent', error }
    if (NoAnswerError.isInstance(cause)) return { outcome: 'silent', error }
    if (isOwnFault(cause)) return { outcome: 'unreachable', retryAfterMs: OWN_FAULT_MS, error }
    if (!GatewayError.isInstance(cause)) return { outcome: 'unreachable', error }
    const { statusCode, retryAfterMs = TOO_MANY_REQUESTS_MS } = cause
    if (statusCode === 429) return { outcome: 'unreachable', retryAfterMs, error }
    if (silentStatuses.includes(statusCode)) return { outcome: 'silent', error }
    return { outcome: absentStatuses.has(statusCode) ? 'absent' : 'unreachable', error }
  }
}
