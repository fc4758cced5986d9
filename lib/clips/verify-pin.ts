import type { Pin } from '#lib/catalog/schema.ts'
import type { Services } from '#lib/context.ts'
import { WrongContentError } from '#lib/ipfs/blocks/car-reader.ts'
import { fetchContent, GatewayError, spoolDirectoryOf } from '#lib/ipfs/blocks/fetch-content.ts'
import { carParts } from '#lib/ipfs/blocks/unixfs.ts'
import { carVerifier } from '#lib/ipfs/blocks/verify-car.ts'
import type { Clip } from '#lib/model/clip.ts'
import { withTimeLimit } from '#lib/platform/clock.ts'
import { describeError } from '#lib/platform/errors.ts'

/**
 * How a gateway answered a request for a clip:
 *
 * - `delivered`: with all of its bytes
 * - `missing`: that it has no such content, or with other bytes
 * - `unknown`: not at all, or with another error
 */
export interface Verification {
  outcome: 'delivered' | 'missing' | 'unknown'
  error?: string
}

/** Fetches the content of `pin` through the gateway of its provider, and verifies every byte. Keeps nothing. */
export async function verifyPin(services: Services, clip: Clip, pin: Pin): Promise<Verification> {
  const provider = services.providers.find(({ name }) => name === pin.provider)
  if (!provider) return { outcome: 'unknown', error: 'The provider is not configured any more' }
  if (!provider.gatewayUrl) return readOwn(services, pin.cid)
  return verifyThrough(services, provider.gatewayUrl, clip, pin.cid)
}

/** Does the same through any gateway. */
export async function verifyThrough(
  { clock, config, tasks }: Services,
  gatewayUrl: string,
  { sizeBytes }: Clip,
  cid: string,
): Promise<Verification> {
  const spoolDirectory = spoolDirectoryOf(config)
  return verificationOf(() =>
    withTimeLimit(
      (signal) => fetchContent(carVerifier, cid, { gatewayUrl, sizeBytes, spoolDirectory, signal }),
      {
        clock,
        timeoutMs: config.ipfs.attemptTimeoutMs,
        timeoutError: () => new Error('No answer in time'),
        signal: tasks.signal,
      },
    ),
  )
}

async function readOwn({ blockStore }: Services, cid: string): Promise<Verification> {
  const kept = await blockStore.open(cid).catch(() => null)
  if (!kept) return { outcome: 'missing', error: 'It is not in the repository' }
  return verificationOf(async () => {
    const car = await kept.read(carParts(kept.dag, { scope: 'all', dups: false }))
    await carVerifier.put(cid, car)
  })
}

/** The outcome of `read`, which throws unless it got the right bytes. */
async function verificationOf(read: () => Promise<void>): Promise<Verification> {
  try {
    await read()
    return { outcome: 'delivered' }
  } catch (cause) {
    const isMissing =
      WrongContentError.isInstance(cause) ||
      (GatewayError.isInstance(cause) && (cause.statusCode === 404 || cause.statusCode === 410))
    return { outcome: isMissing ? 'missing' : 'unknown', error: describeError(cause) }
  }
}
