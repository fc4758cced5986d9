import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import type { Services } from '#lib/context.ts'
import { dagOf } from '#lib/ipfs/blocks/car.ts'
import { TempAudioError } from '#lib/temp-audio/store.ts'
import { identityOf, type StagedAudio } from './staged-audio.ts'

/** What changes when a clip's bytes are replaced. */
type Replaced = Pick<StagedAudio, 'audio' | 'cid' | 'sizeBytes' | 'dag' | 'failedPut'>

/**
 * Replaces the bytes of a clip that is not recorded as staged yet, in one step: at any time either the old ones or the new
 * ones are durable.
 *
 * @throws Error where the old ones are still there
 */
export async function replaceBytes(services: Services, id: string, bytes: Blob): Promise<Replaced> {
  const { store } = services
  const identity = identityOf(await dagOf(bytes.stream()))
  await extendLease(services, id)
  const failure = await store.put(id, bytes.stream()).then(
    (put) => (put.status === 'failed' ? put : undefined),
    (error: unknown) => ({ error, discard: async () => {} }),
  )
  const audio = (await store.blob(id).catch(() => undefined)) ?? undefined
  if (audio?.size === identity.sizeBytes || !failure) return { audio, ...identity }
  await failure?.discard()
  if (audio) throw failure?.error
  const error = new TempAudioError('The temporary store lost the clip', { cause: failure?.error })
  const failedPut = { status: 'failed', error, rescued: bytes, discard: async () => {} } as const
  return { audio: bytes, ...identity, failedPut }
}

/** Without the lease another process may have adopted the clip, and recorded the CID of the original. @throws Error */
export async function extendLease({ catalog, clock, leaseOwner }: Services, id: string) {
  const lease = { owner: leaseOwner, expiresAt: clock.now() + LIVE_LEASE_MS }
  if (!(await catalog.queue.renew(id, lease))) throw new Error('The lease on it was lost')
}
