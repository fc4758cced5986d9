import type { Services } from '#lib/context.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { contentOf } from './clip-content.ts'
import { deletedError } from './deleted-error.ts'
import type { Listener } from './live-listener.ts'
import { areBytesDamaged } from './local-bytes.ts'

/**
 * Gives a caller the clip once more that the same call was answered before; a listener gets its bytes, from here or from
 * wherever IPFS has them.
 *
 * @throws ServiceError `expired`, `deleted`, `content_unreachable`
 */
export async function repeatClip(
  services: Services,
  clip: VocalizedClip,
  listener?: Listener,
): Promise<VocalizedClip> {
  if (listener) {
    const { id, outputFormat, mimeType, speech } = clip
    const audio = await audioOf(services, clip)
    listener.replay({ id, audio, outputFormat: outputFormat ?? '', spokenBy: speech?.spokenBy, mimeType })
  }
  return clip
}

async function audioOf(services: Services, answered: VocalizedClip): Promise<Blob> {
  const { catalog, store } = services
  const clip = (await catalog.clips.find(answered.id)) ?? answered
  if (clip.state === 'deleted') throw deletedError(clip)
  if (clip.state === 'expired') {
    throw new ServiceError('expired', 'The clip of this Idempotency-Key has expired; use a new key')
  }
  const isDamaged = await areBytesDamaged(services, { ...answered, ...clip, cid: answered.cid })
  const here = isDamaged ? null : await store.blob(clip.id).catch(() => null)
  if (here) return here
  try {
    return (await contentOf(services, { ...clip, hasLocalBytes: false })).file
  } catch (cause) {
    const message = 'The clip of this Idempotency-Key cannot be read at the moment'
    throw new ServiceError('content_unreachable', message, { cause, retryAfterMs: 60_000 })
  }
}
