import type { CID } from 'multiformats'
import { sha256 } from 'multiformats/hashes/sha2'
import { type Copy, type FoundContent, findContent } from '#lib/clips/find-content.ts'
import type { Services } from '#lib/context.ts'
import { anyOrigin } from '#lib/http/cors.ts'
import type { Handler } from '#lib/http/respond.ts'
import { parseCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { sliceParts } from '#lib/ipfs/blocks/unixfs.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { partsSizeBytes } from '#lib/platform/file-parts.ts'
import { answerBytes } from './answer-bytes.ts'
import { gatewayAnswer } from './gateway-answer.ts'
import { representationOf } from './gateway-request.ts'
import { inlineContent } from './inline-content.ts'
import type { ByteRange } from './range.ts'

const SHA2_256_BYTES = 32

/** Pages of any origin may read what a gateway serves, since addresses do not change from gateway to gateway. */
export const gatewayCors = {
  ...anyOrigin,
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers':
    'Cache-Control, Content-Type, If-None-Match, Range, User-Agent, X-Requested-With',
  // Those that begin with `X-Chunked` and `X-Stream` are Kubo's; a page may ask for them at any gateway.
  'Access-Control-Expose-Headers':
    'Accept-Ranges, Content-Disposition, Content-Length, Content-Location, Content-Range, ETag, Retry-After, X-Chunked-Output, X-Ipfs-Path, X-Ipfs-Roots, X-Request-Id, X-Stream-Output',
  'Cross-Origin-Resource-Policy': 'cross-origin',
}

/**
 * Answers `GET` and `HEAD /ipfs/<cid>`: a gateway for what this service has stored and for nothing else, but for what
 * is written into an identity CID.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export const answerIpfs: Handler = async (request, context) => {
  for (const [name, value] of Object.entries(gatewayCors)) context.headers.set(name, value)
  if (request.headers.get('Service-Worker')) {
    throw new ServiceError('invalid_request', 'A clip cannot be loaded as a service worker')
  }
  const url = new URL(request.url)
  const cid = cidIn(url.pathname)
  const representation = representationOf(url, request.headers.get('Accept'))
  const found = inlineContent(cid) ?? (await storedContent(context.services, cid))
  await refuseFetching(request, found)
  if (!found) throw new ServiceError('not_found', 'This service has not stored this content')
  const { partsOf, sizeBytes, ...answer } = gatewayAnswer(cid, found, representation, url)
  async function open(copy: Copy) {
    const dag = await copy.open()
    const parts = partsOf(dag)
    return {
      sizeBytes: partsSizeBytes(parts),
      read: (range: ByteRange | undefined) =>
        dag.read(range ? sliceParts(parts, range) : parts).catch((cause: unknown) => {
          const message = 'The content was deleted or replaced here at this very moment'
          throw new ServiceError('content_unreachable', message, { cause, retryAfterMs: 1000 })
        }),
    }
  }
  return answerBytes(request, {
    ...answer,
    modifiedAt: found.clip?.stagedAt ?? 0,
    async head() {
      const copy = await found.look()
      // Where the copy here is damaged, it has to be seen whether there is another one.
      return sizeBytes === undefined || copy.isDamaged ? (await open(copy)).sizeBytes : sizeBytes
    },
    open: async () => open(await found.look()),
  })
}

/** @throws ServiceError `invalid_request` where there is no CID, `not_found` where a path follows it */
function cidIn(pathname: string): CID {
  const [, asked = '', below] = /^\/ipfs\/([^/]*)\/?(.*)$/.exec(pathname) ?? []
  const cid = parseCid(asked)
  if (!cid) throw new ServiceError('invalid_request', `"${asked.slice(0, 100)}" is not a CID`)
  if (below) throw new ServiceError('not_found', 'A clip is a single file: its CID has no paths below it')
  return cid
}

/** Every block that this service stores has a hash of one kind; a CID with another one need not be looked for. */
async function storedContent(services: Services, cid: CID): Promise<FoundContent | null> {
  const { code, size } = cid.multihash
  return code === sha256.code && size === SHA2_256_BYTES ? findContent(services, String(cid)) : null
}

/** With `only-if-cached` a client refuses content that others would have to deliver first. */
async function refuseFetching(request: Request, found: FoundContent | null) {
  const isLocalOnly = /\bonly-if-cached\b/i.test(request.headers.get('Cache-Control') ?? '')
  if (isLocalOnly && !found?.clip?.hasLocalBytes && !(await found?.look())?.kept) {
    throw new ServiceError('precondition_failed', 'The content is not stored here')
  }
}
