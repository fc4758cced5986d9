import type { Services } from '#lib/context.ts'
import { packCar } from '#lib/ipfs/blocks/car.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { type Clip, fileNameOf, mimeTypeOf } from '#lib/model/clip.ts'
import { findContent } from './find-content.ts'

/**
 * The bytes of a clip that has its CID, from the temporary store or from wherever they are, packed for an upload.
 *
 * @throws Error when they cannot be had, or have another CID; CatalogError
 */
export async function contentOf(services: Services, clip: Clip): Promise<IpfsContent> {
  const cid = clip.cid as string
  const file =
    (clip.hasLocalBytes && (await services.store.blob(clip.id))) || (await fetchedFile(services, cid))
  const packed = await packCar(file)
  if (packed.cid !== cid)
    throw new Error(`Its bytes have changed: they are ${packed.cid} and should be ${cid}`)
  return { ...packed, file, fileName: fileNameOf(clip), mimeType: mimeTypeOf(clip) }
}

async function fetchedFile(services: Services, cid: string): Promise<Blob> {
  const content = await findContent(services, cid)
  if (!content) throw new Error('No provider has its bytes')
  return (await content.open()).file()
}
