import type { AttemptEnd, EndedAttempt, Trigger } from '#lib/catalog/attempts.ts'
import type { Lease } from '#lib/catalog/leases.ts'
import type { Services } from '#lib/context.ts'
import type { AttemptLog } from '#lib/ipfs/chain/upload-run.ts'
import type { ProviderError } from '#lib/model/errors.ts'
import { describeError, markedError } from '#lib/platform/errors.ts'
import { leaseMs } from './lease.ts'

/** The lease on a clip has ended: another process or worker may have claimed it. */
export class LeaseLostError extends markedError('LeaseLostError') {}

/** Extends the lease on a clip. `false`: it was lost. */
type Renew = (clipId: string, lease: Lease) => Promise<boolean>

/**
 * Records the attempts of a clip under a lease of this process, which is extended before each attempt: the one on the clip,
 * or that which `renew` extends.
 *
 * @throws LeaseLostError, CatalogError from `begin`: an attempt that cannot be recorded is not made
 */
export function leasedLog(services: Services, clipId: string, trigger: Trigger, renew?: Renew): AttemptLog {
  const { catalog, clock, leaseOwner: owner } = services
  return {
    async begin(provider, { timeoutMs }) {
      const startedAt = clock.now()
      const lease = { owner, expiresAt: startedAt + leaseMs(services, timeoutMs) }
      const attempt = { clipId, provider, trigger, startedAt }
      const id = renew
        ? (await renew(clipId, lease)) && (await catalog.attempts.begin(attempt))
        : await catalog.attempts.beginUnderLease(attempt, lease)
      if (id === undefined || id === false) throw new LeaseLostError(`The lease on clip ${clipId} was lost`)
      return id
    },
    async end(id, provider, end) {
      await catalog.attempts.end(id, provider, attemptEnd(services, end))
    },
  }
}

/** A log that leaves the end of the first attempt that has stored the clip to whoever records that it is stored. */
interface StoringLog extends AttemptLog {
  /** That attempt; `undefined` where there was none. */
  storing(): EndedAttempt | undefined
}

/**
 * As `leasedLog`. The clip is recorded as stored in the same moment as that attempt. A crash before leaves an attempt that
 * was begun, and the provider is asked for the clip.
 */
export function storingLog(services: Services, clipId: string, trigger: Trigger): StoringLog {
  const log = leasedLog(services, clipId, trigger)
  let storing: EndedAttempt | undefined
  return {
    begin: log.begin,
    async end(id, provider, end) {
      if (end.outcome === 'stored' && !storing) {
        storing = { id, provider, end: attemptEnd(services, end) }
        return
      }
      await log.end(id, provider, end)
    },
    storing: () => storing,
  }
}

/** The id of an attempt that is not recorded. */
const UNRECORDED = 0

/** Records the attempts of a clip that must be uploaded even if the catalog fails: as far as it works. Never throws. */
export function bestEffortLog(services: Services, clipId: string, trigger: Trigger): AttemptLog {
  const { catalog, clock } = services
  let isBroken = false
  const giveUp = () => {
    isBroken = true
    return UNRECORDED
  }
  return {
    async begin(provider) {
      if (isBroken) return UNRECORDED
      return catalog.attempts.begin({ clipId, provider, trigger, startedAt: clock.now() }).catch(giveUp)
    },
    async end(id, provider, end) {
      if (id === UNRECORDED || isBroken) return
      await catalog.attempts.end(id, provider, attemptEnd(services, end)).catch(giveUp)
    },
  }
}

/** For a clip that has no record. */
export const noopLog: AttemptLog = { begin: async () => UNRECORDED, end: async () => {} }

function attemptEnd(
  { scrub }: Services,
  { outcome, durationMs, error }: Pick<AttemptEnd, 'outcome' | 'durationMs'> & { error?: ProviderError },
): AttemptEnd {
  if (!error) return { outcome, durationMs }
  const { statusCode, mayHaveStored } = error
  return { outcome, durationMs, error: scrub(describeError(error)), statusCode, mayHaveStored }
}
