import type { Config } from '#lib/config/index.ts'
import { type Clip, fileNameOf } from './clip.ts'

/** The gateway URL that means our own gateway: permanent URLs are then relative, and hold at whatever origin we have. */
export const OWN_GATEWAY = ''

type Addressed = Pick<Clip, 'id' | 'fileExtension' | 'cid'>

/**
 * The permanent URL of a clip that a provider holds as `ipfsHash`, for the record: relative where it is one of our own
 * gateway, so that it holds at whatever origin this service has.
 */
export function permanentUrlOf(
  { ipfs }: Config,
  clip: Addressed,
  { ipfsHash, gatewayUrl }: { ipfsHash: string; gatewayUrl: string },
): string {
  if (ipfs.usesOwnGateway) return ownUrlOf(clip, ipfsHash)
  return ipfsUrlOf(ipfs.gatewayUrl ?? gatewayUrl, ipfsHash, fileNameOf(clip))
}

/** `clip` with the permanent URL to publish today: on our own gateway and the CDN in front of it, where they are configured. */
export function asPublished<T extends Addressed & Pick<Clip, 'permanentUrl' | 'ipfsHash'>>(
  { ipfs }: Config,
  clip: T,
): T {
  const { permanentUrl, ipfsHash } = clip
  if (!permanentUrl || !ipfsHash) return clip
  const url = ipfs.usesOwnGateway ? ownUrlOf(clip, ipfsHash) : permanentUrl
  return { ...clip, permanentUrl: ipfs.cdnBaseUrl ? absoluteUrl(url, ipfs.cdnBaseUrl) : url }
}

/** A relative URL with `baseUrl` before it; any other unchanged. */
export function absoluteUrl(url: string, baseUrl: string): string {
  return url.startsWith('/') ? `${baseUrl}${url}` : url
}

/**
 * The permanent URL of a stored clip where no caller has told the origin of this service: by `CDN_BASE_URL` or
 * `PUBLIC_BASE_URL`, else at the gateway of its provider, `gatewayUrl`. Where there is none of them, as with the provider
 * `embedded`, there is no URL that opens, but only its path at this service.
 */
export function openableUrl(
  config: Config,
  clip: Addressed & Pick<Clip, 'permanentUrl' | 'ipfsHash'>,
  gatewayUrl: string = OWN_GATEWAY,
): { permanentUrl: string | null; permanentPath?: string } {
  const { permanentUrl } = asPublished(config, clip)
  const url = permanentUrl && absoluteUrl(permanentUrl, config.publicBaseUrl ?? '')
  if (!url?.startsWith('/')) return { permanentUrl: url }
  if (gatewayUrl === OWN_GATEWAY || !clip.ipfsHash) return { permanentUrl: null, permanentPath: url }
  return { permanentUrl: ipfsUrlOf(gatewayUrl, clip.ipfsHash, fileNameOf(clip)) }
}

function ownUrlOf(clip: Addressed, ipfsHash: string): string {
  return ipfsUrlOf(OWN_GATEWAY, clip.cid ?? ipfsHash, fileNameOf(clip))
}

/** The URL of a CID at a gateway. By the extension of the file name the gateway knows the media type. */
export function ipfsUrlOf(gatewayUrl: string, cid: string, fileName: string): string {
  const base = gatewayUrl.replace(/\/+$/, '').replace(/\/ipfs$/, '')
  return `${base}/ipfs/${cid}?filename=${encodeURIComponent(fileName)}`
}
