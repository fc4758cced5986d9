import type { Services } from '#lib/context.ts'
import { EMBEDDED } from '#lib/ipfs/providers/embedded.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'

/**
 * Whether whoever is given `clip` can have its bytes, as far as this machine can tell: a catalog may have been restored
 * without its repository or its audio. What others hold is the business of the audit.
 *
 * @throws CatalogError when the catalog fails
 */
export async function isToBeHad(services: Services, clip: VocalizedClip): Promise<boolean> {
  const { catalog, log } = services
  const isElsewhere = clip.permanentUrl !== null && clip.provider !== EMBEDDED
  if (isElsewhere || (await hasBytesHere(services, clip))) return true
  const pins = await catalog.pins.ofClip(clip.id)
  if (pins.some(({ provider, lostAt }) => lostAt === null && provider !== EMBEDDED)) return true
  log.error(
    { clipId: clip.id, cid: clip.cid },
    'The bytes of a clip are gone from this machine; it is spoken again',
  )
  return false
}

async function hasBytesHere({ blockStore, store }: Services, clip: VocalizedClip): Promise<boolean> {
  // A bucket is not asked each time: it would cost a request.
  if (clip.hasLocalBytes && (await store.version?.(clip.id)) !== null) return true
  if (clip.permanentUrl === null) return false
  // What is damaged or cannot be read counts as missing.
  return (await blockStore.open(clip.ipfsHash ?? clip.cid).catch(() => null)) !== null
}
