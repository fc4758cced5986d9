import type { Config } from '#lib/config/index.ts'
import { type Clip, fileNameOf } from './clip.ts'

/** What stands in place of a gateway's URL for our own: permanent URLs are then relative, whatever we are called. */
export const OWN_GATEWAY = ''

type Addressed = Pick<Clip, 'id' | 'fileExtension' | 'cid'>

/**
 * The permanent URL of a clip that a provider holds as `ipfsHash`, for the record: relative where it is that of our own
 * gateway, so that it stays right whatever this service is called.
 */
export function permanentUrlOf(
  { ipfs }: Config,
  clip: Addressed,
  { ipfsHash, gatewayUrl }: { ipfsHash: string; gatewayUrl: string },
): string {
  if (ipfs.usesOwnGateway) return ownUrlOf(clip, ipfsHash)
  return ipfsUrlOf(ipfs.gatewayUrl ?? gatewayUrl, ipfsHash, fileNameOf(clip))
}

/** The same clip with the permanent URL that it has today: of our own gateway and the CDN before it, where they are to be used. */
export function asPublished<T extends Addressed & Pick<Clip, 'permanentUrl' | 'ipfsHash'>>(
  { ipfs }: Config,
  clip: T,
): T {
  const { permanentUrl, ipfsHash } = clip
  if (!permanentUrl || !ipfsHash) return clip
  const url = ipfs.usesOwnGateway ? ownUrlOf(clip, ipfsHash) : permanentUrl
  return { ...clip, permanentUrl: ipfs.cdnBaseUrl ? absoluteUrl(url, ipfs.cdnBaseUrl) : url }
}

/** A URL of our own gateway with `baseUrl` before it; any other as it is. */
export function absoluteUrl(url: string, baseUrl: string): string {
  return url.startsWith('/') ? `${baseUrl}${url}` : url
}

function ownUrlOf(clip: Addressed, ipfsHash: string): string {
  return ipfsUrlOf(OWN_GATEWAY, clip.cid ?? ipfsHash, fileNameOf(clip))
}

/** Appends the path of a CID to a gateway's URL; the file name makes the gateway's media type certain. */
export function ipfsUrlOf(gatewayUrl: string, cid: string, fileName: string): string {
  const base = gatewayUrl.replace(/\/+$/, '').replace(/\/ipfs$/, '')
  return `${base}/ipfs/${cid}?filename=${encodeURIComponent(fileName)}`
}
