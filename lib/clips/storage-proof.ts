import { CatalogError } from '#lib/catalog/connection.ts'
import type { Services } from '#lib/context.ts'
import { describeError } from '#lib/platform/errors.ts'
import { TempAudioError } from '#lib/temp-audio/store.ts'

/** How long a proof counts, whatever it said: readiness is asked often, and each one syncs the disk. */
const VALID_MS = 1000

/**
 * Proves that audio and its record can be kept now: by a file that is written, synced, renamed and deleted, and by a
 * record that is synced. `isHereEnough`: where audio would wait on this machine for a bucket that fails, that will do.
 *
 * @throws TempAudioError, CatalogError
 */
export function proveStorage(services: Services, { isHereEnough = false } = {}): Promise<void> {
  const { storageProofs } = services.inFlight
  const name = isHereEnough ? 'here' : 'for all'
  const now = services.clock.now()
  const known = storageProofs.get(name)
  if (known && Math.abs(now - known.beganAt) < VALID_MS) return known.proven
  const proven = prove(services, isHereEnough)
  storageProofs.set(name, { beganAt: now, proven })
  return proven
}

async function prove({ catalog, store }: Services, isHereEnough: boolean): Promise<void> {
  try {
    await Promise.all([store.check({ isHereEnough }), catalog.check()])
  } catch (cause) {
    if (CatalogError.isInstance(cause) || TempAudioError.isInstance(cause)) throw cause
    throw new TempAudioError(describeError(cause), { cause })
  }
}
