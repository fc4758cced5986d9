import { headerlessFormat, readOutputFormat } from '#lib/audio/formats.ts'
import type { NewClip } from '#lib/catalog/clips.ts'
import type { Services } from '#lib/context.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { TempAudioError } from '#lib/temp-audio/store.ts'
import { evictUnproven } from './evict-unproven.ts'
import { deleteBytes } from './expire.ts'

const EVICT_AT_ONCE = 20
/** A reservation grows in steps of this size while a clip becomes larger than expected. */
const STEP_BYTES = 64 * 1024

/** Fast speech; the reservation of a clip that turns out longer grows with it. */
const CHARACTERS_PER_SECOND = 20
const UNKNOWN_BYTES_PER_SECOND = 16_000

/** How many bytes a text of so many characters takes at least, as a rule; `outputFormat` such as `mp3_44100_128`. */
export function expectedSizeBytes(outputFormat: string | null, characters: number): number {
  const bitRateKbps = readOutputFormat(outputFormat ?? '')?.bitRateKbps
  const headerless = headerlessFormat(outputFormat ?? '')
  const bytesPerSecond = bitRateKbps
    ? bitRateKbps * 125
    : (headerless?.bytesPerSecond ?? UNKNOWN_BYTES_PER_SECOND)
  return Math.ceil((characters / CHARACTERS_PER_SECOND) * bytesPerSecond)
}

/**
 * Reserves `clip.sizeBytes` within `TEMP_AUDIO_MAX_BYTES`. Where that is too little, the bytes of clips that were read
 * back from IPFS are deleted, oldest first: before all others those that have all their replicas.
 *
 * @throws ServiceError `temp_storage_full` when that is not enough
 * @throws CatalogError when the catalog fails
 */
export async function reserveBytes(services: Services, clip: NewClip): Promise<void> {
  const { maxBytes } = services.config.tempAudio
  const reserve = () => services.catalog.clips.reserve(clip, maxBytes)
  if (!(await takeBudget(services, clip.sizeBytes, reserve))) throw storageFull(maxBytes)
}

/**
 * Makes sure that the disk has space for `sizeBytes` more. Where it has not, the gateway's cache gives way first, if it is
 * on the same disk; then the same bytes are deleted; with a bucket, local copies.
 *
 * @throws TempAudioError when that is not enough
 * @throws CatalogError when the catalog fails
 */
export async function freeDiskSpace(services: Services, sizeBytes: number): Promise<void> {
  const { blockCache, diskSpace, s3 } = services
  if (await diskSpace.hasSpace(sizeBytes)) return
  // It looks at its own disk: where that has space, nothing is deleted.
  await blockCache.makeRoom(sizeBytes)
  const evictSome = s3 ? s3.store.evictCopies : () => evictStored(services)
  while (!(await diskSpace.hasSpace(sizeBytes))) {
    if ((await evictSome()) === 0) {
      throw new TempAudioError('The disk of the temporary store is full')
    }
  }
}

/**
 * Returns the function that a store calls before it writes more of clip `id`, with the new total in bytes. It rejects
 * where the budget or the disk does not allow that.
 */
export function growReservation(services: Services, id: string, reservedBytes: number) {
  const { maxBytes } = services.config.tempAudio
  let grantedBytes = reservedBytes
  let checkedBytes = 0
  return async (sizeBytes: number) => {
    if (sizeBytes > checkedBytes) {
      await freeDiskSpace(services, STEP_BYTES)
      checkedBytes = sizeBytes + STEP_BYTES
    }
    if (sizeBytes <= grantedBytes) return
    const nextBytes = sizeBytes + STEP_BYTES
    const resize = (bytes: number) => () => services.catalog.clips.resize(id, bytes, maxBytes)
    if (await resize(nextBytes)()) {
      grantedBytes = nextBytes
      return
    }
    // Another process took the clip for abandoned: no eviction would help.
    if (!(await services.catalog.clips.find(id))) throw new TempAudioError('The record of the clip is gone')
    if (await takeBudget(services, sizeBytes, resize(sizeBytes))) grantedBytes = sizeBytes
    else throw storageFull(maxBytes)
  }
}

async function takeBudget(
  services: Services,
  sizeBytes: number,
  take: () => Promise<boolean>,
): Promise<boolean> {
  // No eviction helps what is larger than the whole budget.
  if (sizeBytes > services.config.tempAudio.maxBytes) return false
  while (!(await take())) {
    if ((await evictStored(services)) === 0) return false
  }
  return true
}

/** Deletes the bytes of some clips. Returns of how many: 0 where none can go. */
async function evictStored(services: Services): Promise<number> {
  const { backlog } = services.catalog
  const complete = await backlog.evictable({ limit: EVICT_AT_ONCE, hasReplicas: true })
  const proven = complete.length > 0 ? complete : await backlog.evictable({ limit: EVICT_AT_ONCE })
  return proven.length > 0 ? deleteBytes(services, proven) : evictUnproven(services)
}

function storageFull(maxBytes: number) {
  return new ServiceError(
    'temp_storage_full',
    `The temporary store is full: it may hold ${maxBytes} bytes, and all of them are clips that IPFS does not deliver yet`,
    { retryAfterMs: 60_000 },
  )
}
