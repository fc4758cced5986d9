import type { Pin } from '#lib/catalog/schema.ts'
import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'
import { OWN_GATEWAY } from '#lib/model/permanent-url.ts'
import { HOUR_MS, MINUTE_MS } from '#lib/platform/units.ts'
import { addressOf } from './record-pin.ts'
import { repairPin } from './repair-pin.ts'
import { type Verification, verifyPin, verifyThrough } from './verify-pin.ts'

/** How long a provider has for delivering a clip. */
const DELIVERY_TIMEOUT_MS = 15 * MINUTE_MS
/** The shortest and the longest wait before a clip is read back again; the wait doubles in between. */
export const SHORTEST_WAIT_MS = 5000
const LONGEST_WAIT_MS = 15 * MINUTE_MS
/** Where all providers have lost a clip, they are asked again after so long. */
const ALL_LOST_WAIT_MS = HOUR_MS

/** What a check found: `unknown` is neither delivered nor lost, so far. */
export type CheckOutcome = 'delivered' | 'unknown' | 'lost' | 'repaired'

/**
 * Reads a clip back from the provider of `pin`, and records what that says:
 *
 * | | never proven | proven before |
 * | --- | --- | --- |
 * | delivered | proven | proven |
 * | absent | lost 15 minutes after it was stored | lost at once |
 * | silent | lost after 15 minutes in doubt | lost after 15 minutes in doubt |
 * | unreachable | lost after 15 minutes in doubt; after 429 never | unknown |
 *
 * What was proven and is lost is uploaded to the same provider again. What never was goes to another one.
 *
 * @throws CatalogError when the catalog fails
 */
export async function checkPin(services: Services, pin: Pin, signal: AbortSignal): Promise<CheckOutcome> {
  const { catalog, clock, log } = services
  const clip = await catalog.clips.find(pin.clipId)
  if (!clip?.cid || clip.state === 'deleted') return 'unknown'
  const others = (await catalog.pins.ofClip(clip.id)).filter(({ provider }) => provider !== pin.provider)
  const isOnlyPin = others.every(({ lostAt }) => lostAt !== null)
  const wasProven = pin.provenAt !== null
  const isOverdue = clock.now() - (pin.unconfirmedSince ?? pin.pinnedAt) >= DELIVERY_TIMEOUT_MS
  // What another provider holds, any gateway may have from there.
  const verification = await verifyPin(services, clip, pin, {
    asksOthers: isOnlyPin && (wasProven || isOverdue),
  })
  if (signal.aborted) return 'unknown'
  if (verification.outcome === 'delivered') return confirm(services, clip, pin, verification)
  const facts = { clipId: clip.id, cid: pin.cid, provider: pin.provider, error: verification.error }
  if (!isLost(services, pin, verification)) {
    log.debug(facts, 'A clip could not be read back')
    await wait(services, pin, verification)
    return 'unknown'
  }
  log.error(
    facts,
    wasProven
      ? 'A provider no longer delivers a clip'
      : 'A provider has taken a clip and does not deliver it',
  )
  const at = clock.now()
  const isLeft = services.chain.providers.some(
    (name) => ![pin, ...others].some(({ provider }) => provider === name),
  )
  const next = others.find(({ lostAt, provenAt }) => lostAt === null && provenAt !== null)
  await catalog.pins.lose(pin, {
    at,
    replicateAt: isLeft ? at : at + ALL_LOST_WAIT_MS,
    address: next && addressOf(services, clip, next),
  })
  if (wasProven) return (await repairPin(services, clip, pin, { isLeft, signal })) ? 'repaired' : 'lost'
  await catalog.counters.add([{ name: 'clips_undelivered', label: pin.provider, value: 1 }])
  return 'lost'
}

function isLost({ clock }: Services, pin: Pin, { outcome, retryAfterMs }: Verification): boolean {
  const hasTimedOut = (since: number | null) => since !== null && clock.now() - since >= DELIVERY_TIMEOUT_MS
  if (outcome === 'absent') return pin.provenAt !== null || hasTimedOut(pin.pinnedAt)
  const isPassing = outcome === 'unreachable' && (pin.provenAt !== null || retryAfterMs !== undefined)
  return !isPassing && hasTimedOut(pin.unconfirmedSince)
}

/** A clip is proven, and its record has an address: our own where its provider's gateway has never delivered it. */
async function confirm(
  services: Services,
  clip: Clip,
  pin: Pin,
  { isElsewhere = false }: Verification,
): Promise<CheckOutcome> {
  const { catalog, clock, config, log } = services
  const { gatewayUrl } = config.ipfs
  if (isElsewhere) {
    log.warn(
      { clipId: clip.id, cid: pin.cid, provider: pin.provider },
      'The gateway of a provider does not deliver a clip, which is in the network all the same',
    )
  }
  if (pin.provenAt === null && gatewayUrl) {
    const published = await verifyThrough(services, gatewayUrl, clip, pin.cid)
    if (published.outcome !== 'delivered') {
      if (!isLost(services, pin, published)) {
        await wait(services, pin, published)
        return 'unknown'
      }
      log.warn(
        { clipId: clip.id, cid: pin.cid, error: published.error },
        'The gateway of IPFS_GATEWAY_URL does not deliver a clip, which its provider delivers',
      )
    }
  }
  if (pin.provenAt === null || pin.readBackAt !== null || clip.provider === null) {
    const hasMoved = isElsewhere && pin.provenAt === null
    const address = addressOf(services, clip, pin, hasMoved ? OWN_GATEWAY : undefined)
    await catalog.pins.prove(pin, { at: clock.now(), address, hasMoved })
  }
  return 'delivered'
}

/** Has the pin read back again: each time after as long as it has been in doubt, or when the gateway allows it. */
async function wait({ catalog, clock }: Services, pin: Pin, { retryAfterMs }: Verification) {
  const now = clock.now()
  const unconfirmedSince = pin.unconfirmedSince ?? (retryAfterMs === undefined ? now : null)
  const doubtedMs = now - (unconfirmedSince ?? now)
  // What was delivered before is left to the audit: its gateway is out of order, and it may be well.
  if (pin.provenAt !== null && doubtedMs >= DELIVERY_TIMEOUT_MS) {
    return catalog.pins.defer(pin, { readBackAt: null, unconfirmedSince: null })
  }
  // Once more just when its time is over.
  const leftMs = doubtedMs < DELIVERY_TIMEOUT_MS ? DELIVERY_TIMEOUT_MS - doubtedMs : LONGEST_WAIT_MS
  const waitMs = Math.max(SHORTEST_WAIT_MS, Math.min(doubtedMs, leftMs), retryAfterMs ?? 0)
  await catalog.pins.defer(pin, { readBackAt: now + Math.min(waitMs, LONGEST_WAIT_MS), unconfirmedSince })
}
