import type { Services } from '#lib/context.ts'
import { WrongContentError } from '#lib/ipfs/blocks/car-reader.ts'
import { type Clip, isClipId, isGone } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { asPublished } from '#lib/model/permanent-url.ts'
import type { ByteIterator } from '#lib/platform/byte-iterator.ts'
import { deletedError } from './deleted-error.ts'
import { hasRightBytes, repairBytes, verifierOf } from './local-bytes.ts'
import { clipsMayEndAt } from './look-at-clock.ts'

/** A clip that can be read: from the temporary store, or only from IPFS any more. */
export type OpenClip =
  | {
      from: 'here'
      clip: LocalClip
      /** Whether `read` would find the bytes. @throws ServiceError as `read` does */
      isReadable(): Promise<boolean>
      /**
       * Opens the bytes, or the part of them from `start` to `end` (both inclusive). `null`: they were deleted
       * meanwhile, or are damaged or unreadable and IPFS has them as well; `currentUrlOf` says where they are.
       *
       * @throws ServiceError `storage_unavailable`, `content_damaged`
       */
      read(range?: { start: number; end: number }): Promise<ByteIterator | null>
    }
  | { from: 'ipfs'; clip: Clip; permanentUrl: string }

export type LocalClip = Clip & { cid: string; mimeType: string }

/**
 * Finds the audio of clip `id`.
 *
 * @throws ServiceError `not_found` (no such clip, or not spoken yet), `expired` or `deleted` (gone for good)
 * @throws CatalogError when the catalog fails
 */
export async function openClip(services: Services, id: string): Promise<OpenClip> {
  const { catalog, clock, config, log, store, tasks } = services
  const found = isClipId(id) ? await catalog.clips.find(id) : null
  if (found?.state === 'deleted') throw deletedError(found)
  const clip = found && asPublished(config, found)
  if (!clip?.cid || !clip.mimeType) {
    throw new ServiceError('not_found', 'There is no clip with this id')
  }
  const hasEnded = isGone(clip, clock.now(), config.tempAudio.keepPending)
  if (hasEnded && (clip.state === 'expired' || clock.now() >= (await clipsMayEndAt(services)))) {
    throw new ServiceError('expired', 'This clip has expired: no IPFS provider took it within its time')
  }
  if (!clip.hasLocalBytes && clip.permanentUrl) return { from: 'ipfs', clip, permanentUrl: clip.permanentUrl }
  const local: LocalClip = { ...clip, cid: clip.cid, mimeType: clip.mimeType }
  /** What `read` gives, unless the bytes are damaged or it fails. */
  async function ifRight<T>(read: () => Promise<T>): Promise<T | null> {
    try {
      return await read()
    } catch (cause) {
      if (WrongContentError.isInstance(cause)) {
        if (!clip?.permanentUrl) throw bytesDamaged()
        tasks.track(repairBytes(services, local)).catch(() => {})
        return null
      }
      if (!clip?.permanentUrl) throw bytesUnavailable(cause)
      log.warn(
        { err: cause, clipId: id },
        'The temporary store could not read a clip; its caller is sent to IPFS',
      )
      return null
    }
  }

  return {
    from: 'here',
    clip: local,
    isReadable: async () => (await ifRight(() => hasRightBytes(services, local))) === true,
    read: (range) => ifRight(() => store.read(id, range, verifierOf(services, local))),
  }
}

/**
 * The permanent URL of clip `id`, whose bytes are no longer here.
 *
 * @throws ServiceError `expired`, `deleted`, `not_found`, `storage_unavailable` (its bytes should be here and are not)
 * @throws CatalogError when the catalog fails
 */
export async function currentUrlOf(services: Services, id: string): Promise<string> {
  const { clip } = await openClip(services, id)
  if (!clip.permanentUrl) throw bytesUnavailable()
  return clip.permanentUrl
}

function bytesUnavailable(cause?: unknown) {
  const message = 'The bytes of this clip are not available at the moment'
  return new ServiceError('storage_unavailable', message, { cause, retryAfterMs: 60_000 })
}

function bytesDamaged() {
  const message = 'The bytes of this clip are damaged, and no IPFS provider has it yet'
  return new ServiceError('content_damaged', message, { retryAfterMs: 60_000 })
}
