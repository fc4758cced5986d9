import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import type { Held, Services } from '#lib/context.ts'
import { NOT_NEEDED } from '#lib/platform/clock.ts'
import { describeError } from '#lib/platform/errors.ts'

/** One beat may be missed, and one come late, before a lease is over. */
const BEAT_MS = LIVE_LEASE_MS / 3

/** Does `work`, and renews the lease of this process on the clip or the key until it is done. */
export async function keepingLease<T>(services: Services, held: Held, work: () => Promise<T>): Promise<T> {
  const letGo = holdLease(services, held)
  try {
    return await work()
  } finally {
    letGo()
  }
}

/** Renews the lease of this process on the clip or the key until the returned function is called. */
export function holdLease(services: Services, what: Held): () => void {
  const { heartbeat } = services.inFlight
  const held = { ...what }
  heartbeat.held.add(held)
  if (!heartbeat.stop) {
    heartbeat.stop = new AbortController()
    void beat(services, heartbeat.stop.signal)
  }
  return () => {
    heartbeat.held.delete(held)
    if (heartbeat.held.size > 0) return
    heartbeat.stop?.abort(NOT_NEEDED)
    heartbeat.stop = undefined
  }
}

/** One timer for everything that the process works on, which runs only as long as there is something. */
async function beat(services: Services, signal: AbortSignal): Promise<void> {
  const { clock, log } = services
  for (;;) {
    await clock.sleep(BEAT_MS, signal).catch(() => {})
    if (signal.aborted) return
    await renewAll(services).catch((error: unknown) =>
      log.warn(
        { error: describeError(error) },
        'The leases of this process could not be renewed; it tries again',
      ),
    )
  }
}

async function renewAll({ catalog, clock, inFlight, leaseOwner: owner }: Services) {
  const lease = { owner, expiresAt: clock.now() + LIVE_LEASE_MS }
  const held = [...inFlight.heartbeat.held]
  const clipIds = held.flatMap((each) => ('clipId' in each ? each.clipId : []))
  const scriptIds = held.flatMap((each) => ('scriptId' in each ? each.scriptId : []))
  const keys = held.flatMap((each) => ('key' in each ? each.key : []))
  if (clipIds.length > 0) await catalog.queue.renewSpeaking(clipIds, lease)
  if (scriptIds.length > 0) await catalog.scripts.renew(scriptIds, lease)
  if (keys.length > 0) await catalog.idempotencyKeys.renew(keys, lease)
}
