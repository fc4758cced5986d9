import type { Pin } from '#lib/catalog/schema.ts'
import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'
import { HOUR_MS, MINUTE_MS } from '#lib/platform/units.ts'
import { bestEffortLog } from './attempt-log.ts'
import { contentOf } from './clip-content.ts'
import { verifyPin, verifyThrough } from './verify-pin.ts'
import { wantedReplicas } from './wanted-replicas.ts'

/** A gateway may need this long before it delivers what its provider has just taken. */
const FRESH_FOR_MS = HOUR_MS
/** How long after a check a fresh clip that was not delivered yet is checked again. */
const FRESH_AGAIN_MS = 5 * MINUTE_MS

/** What an audit found at one provider. */
export interface ProviderAudit {
  provider: string
  checked: number
  delivered: number
  /** Too fresh to count as lost, or the gateway could not be asked. */
  unknown: number
  lost: number
  /** How many of those lost the provider has again and delivers. */
  repaired: number
}

/**
 * Fetches stored clips through the gateways of their providers, least recently checked first, and verifies every byte.
 * What a provider no longer delivers is uploaded to it again from another copy; where that fails, another provider is to
 * take it.
 *
 * Checks at most `limit` clips, and none that was checked after `before` (milliseconds since the epoch).
 *
 * @throws CatalogError when the catalog fails
 */
export async function audit(
  services: Services,
  options: { limit: number; before: number; signal: AbortSignal },
): Promise<ProviderAudit[]> {
  const { catalog, clock, log } = services
  const found = new Map<string, ProviderAudit>()
  for (let count = 0; count < options.limit && !options.signal.aborted; count += 1) {
    const now = clock.now()
    const freshSince = now - FRESH_FOR_MS
    const claim = { now, before: options.before, freshSince, freshBefore: now - FRESH_AGAIN_MS }
    const pin = await catalog.pins.claimCheck(claim)
    if (!pin) break
    const result = found.get(pin.provider) ?? emptyAudit(pin.provider)
    found.set(pin.provider, result)
    result.checked += 1
    result[await checkPin(services, pin, options.signal)] += 1
  }
  for (const result of found.values()) {
    result.lost += result.repaired
    if (result.lost > 0) log.error(result, 'A provider no longer delivers clips that it had stored')
  }
  await catalog.counters.add(
    [...found.values()].flatMap(({ provider: label, delivered, lost, repaired }) => [
      { name: 'audit_delivered', label, value: delivered } as const,
      { name: 'audit_lost', label, value: lost } as const,
      { name: 'audit_repaired', label, value: repaired } as const,
    ]),
  )
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

async function checkPin(
  services: Services,
  pin: Pin,
  signal: AbortSignal,
): Promise<'delivered' | 'unknown' | 'lost' | 'repaired'> {
  const { catalog, clock, config, log } = services
  const clip = await catalog.clips.find(pin.clipId)
  if (!clip?.cid) return 'unknown'
  const { outcome, error } = await verifyPin(services, clip, pin)
  const facts = { clipId: clip.id, cid: pin.cid, provider: pin.provider, error }
  if (outcome === 'delivered') {
    const { gatewayUrl } = config.ipfs
    const isProven =
      !gatewayUrl || (await verifyThrough(services, gatewayUrl, clip, pin.cid)).outcome === 'delivered'
    if (isProven && pin.provenAt === null) await catalog.pins.prove(pin, clock.now())
    return 'delivered'
  }
  const isFresh = pin.provenAt === null && pin.pinnedAt > clock.now() - FRESH_FOR_MS
  if (outcome === 'unknown' || isFresh) {
    log.debug(facts, 'A clip could not be read back')
    return 'unknown'
  }
  log.error(facts, 'A provider no longer delivers a clip')
  await catalog.pins.lose(pin, clock.now())
  return (await repair(services, clip, pin, signal)) ? 'repaired' : 'lost'
}

/** Uploads the clip to the same provider again, and verifies it. Where that fails a replica is asked of the others. */
async function repair(services: Services, clip: Clip, pin: Pin, signal: AbortSignal): Promise<boolean> {
  const { catalog, chain, clock, log } = services
  const { id: clipId, provider } = { ...clip, ...pin, id: clip.id }
  try {
    const { ipfsHash } = await chain.upload(await contentOf(services, clip), {
      priority: 'background',
      attemptLog: bestEffortLog(services, clipId, 'replica'),
      heldBy: chain.providers.filter((name) => name !== provider),
      signal,
    })
    const now = clock.now()
    await catalog.pins.add({ clipId, provider, cid: ipfsHash, pinnedAt: now, checkedAt: now })
    const repaired = { ...pin, cid: ipfsHash }
    if ((await verifyPin(services, clip, repaired)).outcome !== 'delivered') return false
    await catalog.pins.prove(repaired, clock.now())
    log.info({ clipId, provider, cid: ipfsHash }, 'A lost clip was uploaded again')
    return true
  } catch (error) {
    log.error(
      { clipId, provider, error: services.scrub(describeError(error)) },
      'A lost clip could not be repaired',
    )
    await catalog.replications.want(wantedReplicas(services), clock.now(), clipId)
    return false
  }
}
