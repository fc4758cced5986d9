import type { Address } from '#lib/catalog/pin-transitions.ts'
import type { Pin } from '#lib/catalog/schema.ts'
import type { Services } from '#lib/context.ts'
import type { Holder } from '#lib/ipfs/chain/upload-run.ts'
import type { Clip } from '#lib/model/clip.ts'
import { OWN_GATEWAY, permanentUrlOf } from '#lib/model/permanent-url.ts'

/** Whether an upload proves by itself that the clip can be had: our own block store verifies what it writes. */
export function isProvenByUpload({ gatewayUrl }: Pick<Holder, 'gatewayUrl'>): boolean {
  return gatewayUrl === OWN_GATEWAY
}

/**
 * Where the provider of a pin has the clip, or by which other gateway it is had; `undefined` where that provider is not
 * configured any more.
 */
export function addressOf(
  { config, providers }: Services,
  clip: Clip,
  { provider: name, cid: ipfsHash }: Pick<Pin, 'provider' | 'cid'>,
  otherGatewayUrl?: string,
): Address | undefined {
  const provider = providers.find((candidate) => candidate.name === name)
  if (!provider) return undefined
  const gatewayUrl = otherGatewayUrl ?? provider.gatewayUrl
  return {
    provider: name,
    ipfsHash,
    permanentUrl: permanentUrlOf(config, clip, { ipfsHash, gatewayUrl }),
  }
}

/** Records that a further provider holds a stored clip. It is read back soon unless the upload has proven it. */
export async function recordPin(
  { catalog, clock, config }: Services,
  clip: Pick<Clip, 'id' | 'cid' | 'fileExtension'>,
  stored: Holder,
): Promise<void> {
  const { provider, ipfsHash } = stored
  const pinnedAt = clock.now()
  const provenAt = isProvenByUpload(stored) ? pinnedAt : null
  const address = { provider, ipfsHash, permanentUrl: permanentUrlOf(config, clip, stored) }
  await catalog.pins.add({ clipId: clip.id, provider, cid: ipfsHash, pinnedAt, provenAt }, address)
}
