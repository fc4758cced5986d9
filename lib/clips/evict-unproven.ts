import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'
import { readBackDue } from './audit.ts'
import { deleteBytes } from './expire.ts'
import { isHeldBy } from './verify-pin.ts'

const EVICT_AT_ONCE = 20
/** How many clips are looked at before the store counts as full. */
const LOOKED_AT = 200
/** How long a caller waits for clips to be read back. */
const READ_BACK_TIMEOUT_MS = 5000

/**
 * Makes space where no clip is left that was read back. Those are read back now that were stored just before. Where that
 * is not enough, the bytes of clips go whose time has ended and whose provider says now that it holds them, though it has
 * not delivered them. Returns how many went. Runs once at a time.
 *
 * @throws CatalogError when the catalog fails
 */
export function evictUnproven(services: Services): Promise<number> {
  const { inFlight, tasks } = services
  inFlight.eviction ??= tasks.track(evict(services)).finally(() => {
    inFlight.eviction = undefined
  })
  return inFlight.eviction
}

async function evict(services: Services): Promise<number> {
  const { catalog, clock, tasks } = services
  const { signal } = tasks
  const reading = tasks.track(readBackDue(services, { limit: EVICT_AT_ONCE, signal, isEarly: true }))
  const waiting = new AbortController()
  const limit = clock.sleep(READ_BACK_TIMEOUT_MS, AbortSignal.any([waiting.signal, signal])).catch(() => {})
  await Promise.race([reading, limit])
  waiting.abort()
  const proven = await catalog.backlog.evictable({ limit: EVICT_AT_ONCE })
  return proven.length > 0 ? deleteBytes(services, proven) : evictHeld(services)
}

async function evictHeld(services: Services): Promise<number> {
  const { catalog, clock, log } = services
  const clips = await catalog.backlog.unproven({ limit: LOOKED_AT, endedBefore: clock.now() })
  const silent = new Set<string>()
  for (let first = 0; first < clips.length; first += EVICT_AT_ONCE) {
    const some = clips.slice(first, first + EVICT_AT_ONCE)
    const holders = await Promise.all(some.map((clip) => holderOf(services, clip, silent)))
    const held = some.flatMap((clip, index) => {
      const provider = holders[index]
      return provider === undefined ? [] : [{ id: clip.id, provider }]
    })
    const deleted = await deleteBytes(services, held)
    if (deleted === 0) continue
    for (const { id: clipId, provider } of held) {
      log.warn(
        { clipId, provider },
        'Space is short: the bytes of a clip went that its provider has not delivered',
      )
    }
    await catalog.counters.add(
      held.map(({ provider: label }) => ({ name: 'clips_evicted_unproven', label, value: 1 })),
    )
    return deleted
  }
  return 0
}

/** The provider that says now that it holds the clip. `silent`: those that do not answer, which are asked once. */
async function holderOf(services: Services, clip: Clip, silent: Set<string>): Promise<string | undefined> {
  const pins = await services.catalog.pins.ofClip(clip.id)
  for (const pin of pins.filter(({ lostAt, provider }) => lostAt === null && !silent.has(provider))) {
    const provider = services.providers.find(({ name }) => name === pin.provider)
    const isHeld = provider && (await isHeldBy(services, provider, pin.cid))
    if (isHeld) return pin.provider
    if (isHeld === undefined) silent.add(pin.provider)
  }
  return undefined
}
