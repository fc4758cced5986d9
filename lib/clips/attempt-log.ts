import type { AttemptEnd, Trigger } from '#lib/catalog/attempts.ts'
import type { Lease } from '#lib/catalog/leases.ts'
import type { Services } from '#lib/context.ts'
import type { AttemptLog } from '#lib/ipfs/chain/provider-runner.ts'
import type { ProviderError } from '#lib/model/errors.ts'
import { describeError, markedError } from '#lib/platform/errors.ts'
import { leaseMs } from './lease.ts'

/** Somebody else works on the clip now. */
export class LeaseLostError extends markedError('LeaseLostError') {}

/** Prolongs the lease on a clip. `false`: it was lost. */
type Renew = (clipId: string, lease: Lease) => Promise<boolean>

/**
 * The journal of a clip that is held under a lease, which is prolonged before each try.
 *
 * @throws LeaseLostError, CatalogError from `begin`: what cannot be written down is not begun
 */
export function leasedLog(
  services: Services,
  clipId: string,
  trigger: Trigger,
  renew: Renew = services.catalog.queue.renew,
): AttemptLog {
  const { catalog, clock, leaseOwner: owner } = services
  return {
    async begin(provider) {
      const startedAt = clock.now()
      if (!(await renew(clipId, { owner, expiresAt: startedAt + leaseMs(services) }))) {
        throw new LeaseLostError(`The lease on clip ${clipId} was lost`)
      }
      return catalog.attempts.begin({ clipId, provider, trigger, startedAt })
    },
    async end(id, provider, end) {
      await catalog.attempts.end(id, provider, attemptEnd(services, end))
    },
  }
}

const UNWRITTEN = 0

/** The journal of a clip that has to be uploaded now or never: as much of it as the catalog takes. Never throws. */
export function bestEffortLog(services: Services, clipId: string, trigger: Trigger): AttemptLog {
  const { catalog, clock } = services
  let isBroken = false
  const giveUp = () => {
    isBroken = true
    return UNWRITTEN
  }
  return {
    async begin(provider) {
      if (isBroken) return UNWRITTEN
      return catalog.attempts.begin({ clipId, provider, trigger, startedAt: clock.now() }).catch(giveUp)
    },
    async end(id, provider, end) {
      if (id === UNWRITTEN || isBroken) return
      await catalog.attempts.end(id, provider, attemptEnd(services, end)).catch(giveUp)
    },
  }
}

/** The journal of a clip that has no record. */
export const noopLog: AttemptLog = { begin: async () => UNWRITTEN, end: async () => {} }

function attemptEnd(
  { scrub }: Services,
  { outcome, durationMs, error }: Pick<AttemptEnd, 'outcome' | 'durationMs'> & { error?: ProviderError },
): AttemptEnd {
  if (!error) return { outcome, durationMs }
  const { statusCode, mayHaveStored } = error
  return { outcome, durationMs, error: scrub(describeError(error)), statusCode, mayHaveStored }
}
