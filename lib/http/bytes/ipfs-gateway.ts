import { CID } from 'multiformats'
import { type FoundContent, findContent } from '#lib/clips/find-content.ts'
import type { Services } from '#lib/context.ts'
import { type Handler, respond } from '#lib/http/respond.ts'
import type { LocalDag } from '#lib/ipfs/blocks/block-store.ts'
import { carHeader } from '#lib/ipfs/blocks/car.ts'
import { canonicalCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { carParts, fileParts, type Part, partsSizeBytes, sliceParts } from '#lib/ipfs/blocks/unixfs.ts'
import { fileNameOf } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { answerBytes } from './answer-bytes.ts'
import { contentDisposition } from './content-disposition.ts'
import { type Representation, representationOf } from './gateway-request.ts'

/** The identity CID of empty content, with which clients find out whether this is a gateway. */
const PROBE = 'bafkqaaa'
const FOREVER = 'public, max-age=31536000, immutable'

/** The front's way to `answerIpfs`, without Next.js. */
export function serveIpfs(services: Services, request: Request): Promise<Response> {
  return respond(services, request, answerIpfs)
}

/**
 * Answers `GET` and `HEAD /ipfs/<cid>`: a gateway for what this service has stored and for nothing else.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export const answerIpfs: Handler = async (request, context) => {
  for (const [name, value] of Object.entries(anyOrigin)) context.headers.set(name, value)
  if (request.headers.get('Service-Worker')) {
    throw new ServiceError('invalid_request', 'A clip cannot be loaded as a service worker')
  }
  const url = new URL(request.url)
  const asked = askedIn(url.pathname)
  const representation = representationOf(url, request.headers.get('Accept'))
  if (asked === PROBE) return probeAnswer(representation)
  const cid = canonicalCid(asked)
  if (!cid) throw new ServiceError('invalid_request', `"${asked.slice(0, 100)}" is not a CID`)
  const found = await findContent(context.services, cid)
  if (!found) throw new ServiceError('not_found', 'This service has not stored this content')
  refuseFetching(request, found)
  const { headers, etag, takesRanges, sizeBytes, partsOf } = answerOf(cid, found, representation, url)
  headers.set('X-Ipfs-Path', `/ipfs/${asked}`)
  headers.set('X-Ipfs-Roots', asked)
  addNegotiationHeaders(headers, representation, url)
  return answerBytes(request, {
    headers,
    etag,
    takesRanges,
    sizeBytes,
    modifiedAt: found.clip?.stagedAt ?? 0,
    async open() {
      const dag = await found.open()
      const parts = partsOf(dag)
      return {
        sizeBytes: partsSizeBytes(parts),
        read: (range) => dag.read(range ? sliceParts(parts, range) : parts),
      }
    },
  })
}

const anyOrigin = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, X-Ipfs-Path, X-Ipfs-Roots, X-Request-Id',
  'Cross-Origin-Resource-Policy': 'cross-origin',
}

function askedIn(pathname: string): string {
  const [, cid, below] = /^\/ipfs\/([^/]+)\/?(.*)$/.exec(pathname) ?? []
  if (!cid || below)
    throw new ServiceError('not_found', 'A clip is a single file: its CID has no paths below it')
  return cid
}

/** With `only-if-cached` a client refuses content that other gateways would have to deliver. */
function refuseFetching(request: Request, { kept }: FoundContent) {
  const isLocalOnly = /\bonly-if-cached\b/.test(request.headers.get('Cache-Control') ?? '')
  if (isLocalOnly && !kept) throw new ServiceError('precondition_failed', 'The content is not stored here')
}

interface Answer {
  headers: Headers
  etag: string
  /** Not for a CAR: it is made anew for each request, and clients verify it as a whole. */
  takesRanges: boolean
  /** Where it is known without opening the content. */
  sizeBytes: number | undefined
  partsOf(content: LocalDag): Part[]
}

function answerOf(
  cid: string,
  { clip }: FoundContent,
  wanted: Representation,
  { searchParams }: URL,
): Answer {
  const isDownload = wanted.format !== 'file' || searchParams.get('download') === 'true'
  const headersOf = (type: string, fileName: string) =>
    new Headers({
      'Content-Type': type,
      'Cache-Control': FOREVER,
      'Content-Disposition': contentDisposition(searchParams.get('filename') || fileName, { isDownload }),
      'X-Content-Type-Options': 'nosniff',
    })
  if (wanted.format === 'raw') {
    return {
      headers: headersOf('application/vnd.ipld.raw', `${cid}.bin`),
      etag: `"${cid}.raw"`,
      takesRanges: true,
      sizeBytes: undefined,
      partsOf: ({ dag: { offset, sizeBytes } }) => [{ offset, sizeBytes }],
    }
  }
  if (wanted.format === 'car') {
    const { selection } = wanted
    const dups = selection.dups ? 'y' : 'n'
    const { from, to = '*' } = selection.entityBytes ?? {}
    const variant = [selection.scope, dups, from === undefined ? '' : `${from}:${to}`].join('.')
    return {
      headers: headersOf(`application/vnd.ipld.car; version=1; order=dfs; dups=${dups}`, `${cid}.car`),
      etag: `W/"${cid}.car.${variant}"`,
      takesRanges: false,
      sizeBytes: undefined,
      partsOf: ({ dag }) => carParts(dag, selection),
    }
  }
  return {
    headers: headersOf(clip?.mimeType ?? 'application/octet-stream', clip ? fileNameOf(clip) : cid),
    etag: `"${cid}"`,
    takesRanges: true,
    sizeBytes: clip?.sizeBytes,
    partsOf: ({ dag }) => fileParts(dag),
  }
}

/** Tells caches that other `Accept` headers get other content here, and which URL always gives this content. */
function addNegotiationHeaders(headers: Headers, { format }: Representation, url: URL) {
  const isInUrl = url.searchParams.has('format')
  if (!isInUrl || format === 'car') headers.set('Vary', 'Accept')
  if (isInUrl || format === 'file') return
  const own = new URL(url)
  own.searchParams.set('format', format)
  headers.set('Content-Location', `${own.pathname}${own.search}`)
}

/** @see https://specs.ipfs.tech/http-gateways/trustless-gateway/#dedicated-probe-paths */
function probeAnswer({ format }: Representation): Response {
  const types = { file: 'application/octet-stream', raw: 'application/vnd.ipld.raw' }
  const type = format === 'car' ? 'application/vnd.ipld.car; version=1; order=dfs; dups=n' : types[format]
  const body = new Uint8Array(format === 'car' ? carHeader(CID.parse(PROBE)) : [])
  return new Response(body, {
    headers: { 'Content-Type': type, 'Content-Length': String(body.byteLength), 'Cache-Control': FOREVER },
  })
}
