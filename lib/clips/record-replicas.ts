import type { Services } from '#lib/context.ts'
import type { Holder } from '#lib/ipfs/chain/provider-runner.ts'

/** Records which providers hold a clip besides the one that held it first. @throws CatalogError */
export async function recordReplicas(
  { catalog, clock, log }: Services,
  clipId: string,
  holders: readonly Holder[],
): Promise<void> {
  for (const { provider, ipfsHash: cid } of holders) {
    await catalog.pins.add({ clipId, provider, cid, pinnedAt: clock.now() })
    log.info({ clipId, cid, provider }, 'Added a replica')
  }
}
