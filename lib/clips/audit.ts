import type { Pin } from '#lib/catalog/schema.ts'
import type { Services } from '#lib/context.ts'
import { type CheckOutcome, checkPin, SHORTEST_WAIT_MS } from './check-pin.ts'

/** How many clips are read back at once: gateways that hang must not hold up the others. */
const CHECKS_AT_ONCE = 8

/** What an audit found at one provider. */
export interface ProviderAudit {
  provider: string
  checked: number
  delivered: number
  /** Neither delivered nor lost, so far: too new, or the gateway could not be asked. */
  unknown: number
  lost: number
  /** How many of those lost the provider has again and delivers. */
  repaired: number
}

/**
 * Reads stored clips back from their providers, least recently checked first, and verifies every byte. What a provider no
 * longer delivers is uploaded to it again from another copy; where that fails, another provider is to take it.
 *
 * Checks at most `limit` clips, and none that was checked, or stored, after `before` (milliseconds since the epoch).
 *
 * @throws CatalogError when the catalog fails
 */
export async function audit(
  services: Services,
  options: { limit: number; before: number; signal: AbortSignal },
): Promise<ProviderAudit[]> {
  const { catalog, clock, log } = services
  const claim = () => catalog.pins.claimCheck({ now: clock.now(), before: options.before })
  const found = await checkPins(services, claim, options)
  for (const result of found) {
    if (result.lost > 0) log.error(result, 'A provider no longer delivers clips that it had stored')
  }
  return found
}

/**
 * Reads those clips back that are due: stored lately, or in doubt. Until that has succeeded their bytes stay here; what a
 * provider does not deliver in time goes to the next one. `isEarly`: those that were stored just before, too.
 *
 * @throws CatalogError when the catalog fails
 */
export async function readBackDue(
  services: Services,
  options: { limit: number; signal: AbortSignal; isEarly?: boolean },
): Promise<ProviderAudit[]> {
  const { catalog, clock, config, readBackLimit } = services
  const { attemptTimeoutMs, gateways } = config.ipfs
  // Longer than all gateways can take, and the upload that follows.
  const leaseMs = (gateways.length + 6) * attemptTimeoutMs
  async function claim() {
    const now = clock.now()
    const dueBy = options.isEarly ? now + SHORTEST_WAIT_MS : now
    const pin = await catalog.pins.claimReadBack({ now, dueBy, until: now + leaseMs })
    if (!pin) return undefined
    const { isWithin, resetMs } = await readBackLimit.count('all')
    if (isWithin) return pin
    await catalog.pins.defer(pin, { ...pin, readBackAt: now + resetMs })
    return undefined
  }
  return checkPins(services, claim, options)
}

/** Checks what `claim` takes, at most `limit` clips, and counts it by provider. */
async function checkPins(
  services: Services,
  claim: () => Promise<Pin | undefined>,
  { limit, signal }: { limit: number; signal: AbortSignal },
): Promise<ProviderAudit[]> {
  const found = new Map<string, ProviderAudit>()
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  const fail = (error: unknown) => {
    failures.push(error)
  }
  for (let claimed = 0; claimed < limit && !signal.aborted && failures.length === 0; ) {
    if (running.size >= CHECKS_AT_ONCE) {
      await Promise.race(running)
      continue
    }
    const pin = await claim().catch(fail)
    if (!pin) break
    claimed += 1
    const result = found.get(pin.provider) ?? emptyAudit(pin.provider)
    found.set(pin.provider, result)
    const check = checkPin(services, pin, signal)
      .then((outcome) => count(result, outcome))
      .catch(fail)
      .finally(() => running.delete(check))
    running.add(check)
  }
  await Promise.all(running)
  await services.catalog.counters.add(
    [...found.values()].flatMap(({ provider: label, delivered, unknown, lost, repaired }) => [
      { name: 'audit_delivered', label, value: delivered } as const,
      { name: 'audit_unknown', label, value: unknown } as const,
      { name: 'audit_lost', label, value: lost } as const,
      { name: 'audit_repaired', label, value: repaired } as const,
    ]),
  )
  if (failures.length > 0) throw failures[0]
  return [...found.values()]
}

const emptyAudit = (provider: string): ProviderAudit => ({
  provider,
  checked: 0,
  delivered: 0,
  unknown: 0,
  lost: 0,
  repaired: 0,
})

function count(result: ProviderAudit, outcome: CheckOutcome) {
  result.checked += 1
  result[outcome] += 1
  if (outcome === 'repaired') result.lost += 1
}
