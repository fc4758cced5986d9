import type { Services } from '#lib/context.ts'
import { hostIdentity } from '#lib/platform/process-identity.ts'
import type { ScriptWorld } from './script-world.ts'

/** The services of a process that is dead by the time others look at its leases. */
export function mortalServices({ services }: Pick<ScriptWorld, 'services'>): Services {
  return {
    ...services,
    leaseOwner: `${hostIdentity}:${2 ** 22 + 1}:0`,
    inFlight: { ...services.inFlight, heartbeat: { held: new Set(), stop: undefined } },
  }
}
