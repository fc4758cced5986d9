import { unpackAlignment } from '#lib/captions/pack.ts'
import { asWebVtt } from '#lib/captions/webvtt.ts'
import type { Services } from '#lib/context.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import { captionsIdOf } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'
import { freeDiskSpace } from './byte-budget.ts'
import { bytesOf } from './keep-captions.ts'

/**
 * Makes a file of the captions of a stored clip, for IPFS to get: it waits in the temporary store as a clip of its own, and is
 * uploaded, retried, replicated and read back as any other. Never throws: what fails is done again by `fileDueCaptions`.
 */
export async function fileCaptions(services: Services, clipId: string): Promise<void> {
  await tryToFile(services, clipId).catch((error: unknown) => {
    const reason = services.scrub(describeError(error))
    services.log.warn({ clipId, error: reason }, 'The captions of a clip are not on their way to IPFS yet')
  })
}

async function tryToFile(services: Services, clipId: string): Promise<void> {
  const { catalog, clock, config, store } = services
  const [kept, clip] = [await catalog.captions.find(clipId), await catalog.clips.find(clipId)]
  const filed = await catalog.clips.find(captionsIdOf(clipId))
  if (!kept || !clip || (filed && filed.state !== 'expired')) return
  const file = asWebVtt(unpackAlignment(kept.alignment))
  const { cid, sizeBytes } = await computeCid(bytesOf(file))
  const id = captionsIdOf(clipId)
  await freeDiskSpace(services, sizeBytes)
  const put = await store.put(id, bytesOf(file))
  if (put.status === 'failed') {
    await put.discard()
    throw put.error
  }
  const now = clock.now()
  const facts = { of: clip, cid, sizeBytes, now, expiresAt: now + config.tempAudio.ttlMs }
  if ((await catalog.captions.file(facts, config.tempAudio.maxBytes)) !== 'full') return
  await store.delete(id)
  throw new Error('The byte budget is used up')
}

/** Makes files of the captions of up to `limit` stored clips that have none yet. @throws CatalogError */
export async function fileDueCaptions(services: Services, { limit }: { limit: number }): Promise<void> {
  for (const clipId of await services.catalog.captions.unfiled({ limit })) {
    if (services.tasks.signal.aborted) return
    await fileCaptions(services, clipId)
  }
}
