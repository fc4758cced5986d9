import type { Services } from '#lib/context.ts'
import type { Holder } from '#lib/ipfs/chain/upload-run.ts'
import type { Clip } from '#lib/model/clip.ts'
import { recordPin } from './record-pin.ts'

/** Records which providers hold a clip besides the one that held it first. @throws CatalogError */
export async function recordReplicas(
  services: Services,
  clip: Pick<Clip, 'id' | 'cid' | 'fileExtension'>,
  holders: readonly Holder[],
): Promise<void> {
  for (const holder of holders) {
    await recordPin(services, clip, holder)
    const { provider, ipfsHash: cid } = holder
    services.log.info({ clipId: clip.id, cid, provider }, 'Added a replica')
  }
}
