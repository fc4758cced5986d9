import { z } from 'zod'
import type { PendingResult } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { absoluteUrl } from '#lib/model/permanent-url.ts'
import * as field from './fields.ts'

/** `?limit=` of the retry route. */
export const retryLimitSchema = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number from 1 to 1000')
  .transform(Number)
  .pipe(z.number().min(1).max(1000))

/** Why clips that wait were not tried: what kept the call from going on with them. */
const untriedReasons = [
  'no_provider',
  'cooling_down',
  'limit',
  'time_limit',
  'busy',
  'being_uploaded',
  'not_waiting',
] as const

type UntriedReason = (typeof untriedReasons)[number]

export const retryAnswerSchema = z
  .object({
    success: field.success,
    processed: field.count,
    successCount: field.count,
    failureCount: field.count,
    remaining: field.count,
    untried: z
      .array(
        z.object({
          reason: z.enum(untriedReasons).meta({ description: 'Why they were not tried.' }),
          count: field.count.min(1).meta({ description: 'How many they are.' }),
        }),
      )
      .optional()
      .meta({
        description:
          'Missing where all were tried; else the waiting clips that this call has not tried, by reason. `no_provider`: none is configured. `cooling_down`: every provider has failed repeatedly, and one clip alone probes each of them. `limit`: `?limit=` was reached. `time_limit`: the call has taken as long as it may. `busy`: other uploads had the places at the provider, or were trying the clip meanwhile. `being_uploaded`: another request or process works on them now. `not_waiting`: the clip that was asked for is not waiting for IPFS.',
      }),
    results: z.array(
      z.union([
        z.object({
          id: field.clipId,
          status: z.literal('success'),
          ipfsHash: z.string(),
          url: z.url(),
          provider: field.provider,
        }),
        z.object({ id: field.clipId, status: z.literal('failed'), error: z.string(), attempts: field.count }),
      ]),
    ),
  })
  .meta({ id: 'RetryAnswer' })

interface Untried {
  reason: UntriedReason
  count: number
}

/** Which waiting clips a call for all of them has left alone, and why. @throws CatalogError */
export async function untriedOf(
  { catalog, chain }: Services,
  { failureCount, stoppedBy, remaining }: PendingResult & { remaining: number },
): Promise<Untried[]> {
  const { waitingClips } = await catalog.totals()
  const reasons: Untried[] = [
    // What has failed waits again, though it was tried.
    { reason: reasonOf(chain, stoppedBy), count: remaining - failureCount },
    { reason: 'being_uploaded', count: waitingClips - remaining },
  ]
  return reasons.filter(({ count }) => count > 0)
}

/** Why a call for the clip `id` alone has not tried it; nothing where it did. @throws CatalogError */
export async function untriedClip(
  { catalog, chain, clock }: Services,
  id: string,
  { processed, stoppedBy }: PendingResult,
): Promise<Untried[]> {
  if (processed > 0) return []
  const clip = await catalog.clips.find(id)
  const isWaiting = clip?.state === 'staged' || clip?.state === 'pending'
  if (!isWaiting) return [{ reason: 'not_waiting', count: 1 }]
  const isLeased = (clip.leaseExpiresAt ?? 0) > clock.now()
  return [{ reason: isLeased ? 'being_uploaded' : reasonOf(chain, stoppedBy), count: 1 }]
}

function reasonOf(chain: Services['chain'], stoppedBy: PendingResult['stoppedBy']): UntriedReason {
  if (chain.providers.length === 0) return 'no_provider'
  if (stoppedBy === 'signal') return 'time_limit'
  // The breakers may have opened while the last clips were under way.
  return stoppedBy ?? (chain.canTry('background') ? 'busy' : 'cooling_down')
}

/** The answer of the retry route, as the contract fixes it. */
export function retryAnswer(
  { scrub }: Services,
  { results, stoppedBy: _, untried, ...counts }: PendingResult & { remaining: number; untried: Untried[] },
  baseUrl: string,
) {
  return {
    success: true,
    ...counts,
    ...(untried.length > 0 && { untried }),
    results: results.map((result) =>
      result.status === 'success'
        ? { ...result, url: absoluteUrl(result.url, baseUrl) }
        : { ...result, error: scrub(result.error.message) },
    ),
  }
}
