import type { Services } from '#lib/context.ts'
import { canonicalCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { type Clip, isClipId } from '#lib/model/clip.ts'

/**
 * The clip that `name` names: its id, the CID of a stored clip in any notation, or a URL that has one of them in its host
 * or path, such as a permanent or a temporary one. Nothing is fetched from a URL. `null` where there is no such clip.
 *
 * @throws CatalogError when the catalog fails
 */
export async function findClip({ catalog }: Services, name: string): Promise<Clip | null> {
  for (const part of partsOf(name)) {
    const cid = isClipId(part) ? undefined : canonicalCid(part)
    const clip = cid ? await catalog.pins.clipOf(cid) : isClipId(part) && (await catalog.clips.find(part))
    if (clip) return clip
  }
  return null
}

/** Whatever may be an id or a CID; of a URL the parts of its path and the first of its host, as subdomain gateways have it. */
function partsOf(name: string): string[] {
  const url = URL.parse(name.trim())
  if (!url) return [name.trim()]
  return [url.hostname.split('.')[0] ?? '', ...url.pathname.split('/')].filter((part) => part.length >= 32)
}
