import type { Services } from '#lib/context.ts'
import { packCar } from '#lib/ipfs/blocks/car.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { type Clip, fileNameOf, mimeTypeOf } from '#lib/model/clip.ts'
import { findContent } from './find-content.ts'

/**
 * The bytes of a clip that has its CID, from the temporary store or from wherever they are right, packed for an upload.
 *
 * @throws Error when they cannot be had, or have another CID; CatalogError
 */
export async function contentOf(services: Services, clip: Clip): Promise<IpfsContent> {
  const cid = clip.cid as string
  const here = clip.hasLocalBytes ? await fromStore(services, clip) : null
  if (here?.cid === cid) return here
  const fetched = await packed(clip, await fetchedFile(services, cid))
  if (fetched.cid === cid) return fetched
  throw new Error(`Its bytes have changed: they are ${fetched.cid} and should be ${cid}`)
}

async function packed(clip: Clip, file: Blob): Promise<IpfsContent> {
  return { ...(await packCar(file)), file, fileName: fileNameOf(clip), mimeType: mimeTypeOf(clip) }
}

/** `null` where they are not there, or cannot be read: IPFS may have them. */
async function fromStore({ log, store }: Services, clip: Clip): Promise<IpfsContent | null> {
  try {
    const file = await store.blob(clip.id)
    return file && (await packed(clip, file))
  } catch (error) {
    log.warn({ err: error, clipId: clip.id }, 'The temporary store could not read a clip')
    return null
  }
}

async function fetchedFile(services: Services, cid: string): Promise<Blob> {
  const content = await findContent(services, cid)
  if (!content) throw new Error('No provider has its bytes')
  return (await (await content.look()).open()).file()
}
