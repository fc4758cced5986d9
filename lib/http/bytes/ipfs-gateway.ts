import { CID } from 'multiformats'
import { type FoundContent, findContent } from '#lib/clips/find-content.ts'
import type { Services } from '#lib/context.ts'
import { respond } from '#lib/http/respond.ts'
import { carHeader } from '#lib/ipfs/blocks/car.ts'
import { canonicalCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { carParts, fileParts, type Part, sizeOfParts, sliceParts } from '#lib/ipfs/blocks/unixfs.ts'
import { fileNameOf } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { type Representation, representationOf } from './gateway-request.ts'
import { evaluatePreconditions, rangeApplies, selectRange } from './range.ts'

/** The identity CID of nothing, by which clients find out whether this is a gateway. */
const PROBE = 'bafkqaaa'
const FOREVER = 'public, max-age=31536000, immutable'

/**
 * Answers `GET` and `HEAD /ipfs/<cid>`: a gateway for what this service has stored and for nothing else. Both the front
 * and the route handler serve it by this.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export function serveIpfs(services: Services, request: Request): Promise<Response> {
  return respond(services, request, async ({ headers }) => {
    for (const [name, value] of Object.entries(anyOrigin)) headers.set(name, value)
    if (request.headers.get('Service-Worker')) {
      throw new ServiceError('invalid_request', 'A clip is no place for a service worker')
    }
    const url = new URL(request.url)
    const asked = askedIn(url.pathname)
    const representation = representationOf(url, request.headers.get('Accept'))
    if (asked === PROBE) return probeAnswer(representation)
    const cid = canonicalCid(asked)
    if (!cid) throw new ServiceError('invalid_request', `"${asked.slice(0, 100)}" is no CID`)
    const content = await findContent(services, cid)
    if (!content) throw new ServiceError('not_found', 'This service has stored no such content')
    const answer = describeAnswer(cid, content, representation, url)
    answer.headers.set('X-Ipfs-Path', `/ipfs/${asked}`)
    answer.headers.set('X-Ipfs-Roots', asked)
    addNegotiationHeaders(answer.headers, representation, url)
    return send(request, content, answer)
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
  if (!cid || below) throw new ServiceError('not_found', 'A clip is a file: there is nothing below its CID')
  return cid
}

interface Answer {
  headers: Headers
  etag: string
  /** A CAR is made anew for each request, and clients verify it as a whole. */
  takesRanges: boolean
  /** Known without the content. */
  sizeBytes: number | undefined
  parts(content: Awaited<ReturnType<FoundContent['open']>>): Part[]
}

function describeAnswer(
  cid: string,
  content: FoundContent,
  wanted: Representation,
  { searchParams }: URL,
): Answer {
  const { clip } = content
  const isDownload = wanted.format !== 'file' || searchParams.get('download') === 'true'
  const common = (type: string, etag: string, fileName: string, takesRanges: boolean) => ({
    etag,
    takesRanges,
    headers: new Headers({
      'Content-Type': type,
      ETag: etag,
      'Cache-Control': FOREVER,
      'Accept-Ranges': takesRanges ? 'bytes' : 'none',
      'Content-Disposition': disposition(isDownload, searchParams.get('filename') || fileName),
      'X-Content-Type-Options': 'nosniff',
    }),
  })
  if (wanted.format === 'raw') {
    return {
      ...common('application/vnd.ipld.raw', `"${cid}.raw"`, `${cid}.bin`, true),
      sizeBytes: undefined,
      parts: ({ dag: { offset, sizeBytes } }) => [{ offset, sizeBytes }],
    }
  }
  if (wanted.format === 'car') {
    const { selection } = wanted
    const type = `application/vnd.ipld.car; version=1; order=dfs; dups=${selection.dups ? 'y' : 'n'}`
    const { from, to = '*' } = selection.entityBytes ?? {}
    const variant = [selection.scope, selection.dups ? 'y' : 'n', from === undefined ? '' : `${from}:${to}`]
    return {
      ...common(type, `W/"${cid}.car.${variant.join('.')}"`, `${cid}.car`, false),
      sizeBytes: undefined,
      parts: ({ dag }) => carParts(dag, selection),
    }
  }
  const type = clip?.mimeType ?? 'application/octet-stream'
  return {
    ...common(type, `"${cid}"`, clip ? fileNameOf(clip) : cid, true),
    sizeBytes: clip?.sizeBytes,
    parts: ({ dag }) => fileParts(dag),
  }
}

/** The same URL has other content for other `Accept` headers; where it was asked for by one, its own URL is told. */
function addNegotiationHeaders(headers: Headers, { format }: Representation, url: URL) {
  const isInUrl = url.searchParams.has('format')
  if (!isInUrl || format === 'car') headers.set('Vary', 'Accept')
  if (isInUrl || format === 'file') return
  const own = new URL(url)
  own.searchParams.set('format', format)
  headers.set('Content-Location', `${own.pathname}${own.search}`)
}

async function send(request: Request, content: FoundContent, answer: Answer): Promise<Response> {
  const { headers, etag, takesRanges } = answer
  const modifiedAt = content.clip?.stagedAt ?? 0
  const isLocalOnly = /\bonly-if-cached\b/.test(request.headers.get('Cache-Control') ?? '')
  const precondition = evaluatePreconditions(request.headers, etag, modifiedAt)
  if (precondition === 'failed' || (isLocalOnly && !content.kept)) {
    const message = isLocalOnly ? 'The content is not at hand' : 'The content is not what the request names'
    throw new ServiceError('precondition_failed', message)
  }
  if (precondition === 'not_modified') {
    headers.delete('Content-Type')
    return new Response(null, { status: 304, headers })
  }
  if (request.method === 'HEAD' && answer.sizeBytes !== undefined) {
    headers.set('Content-Length', String(answer.sizeBytes))
    return new Response(null, { headers })
  }
  const kept = await content.open()
  const parts = answer.parts(kept)
  const sizeBytes = sizeOfParts(parts)
  headers.set('Content-Length', String(sizeBytes))
  if (request.method === 'HEAD') return new Response(null, { headers })
  const applies = takesRanges && rangeApplies(request.headers.get('If-Range'), etag, modifiedAt)
  const range = applies ? selectRange(request.headers.get('Range'), sizeBytes) : undefined
  if (range === 'unsatisfiable') {
    throw new ServiceError(
      'range_not_satisfiable',
      `The range lies outside the ${sizeBytes} bytes that there are`,
      {
        headers: { 'Content-Range': `bytes */${sizeBytes}` },
      },
    )
  }
  if (!range) return new Response((await kept.read(parts)) as BodyInit, { headers })
  headers.set('Content-Length', String(range.end - range.start + 1))
  headers.set('Content-Range', `bytes ${range.start}-${range.end}/${sizeBytes}`)
  return new Response((await kept.read(sliceParts(parts, range))) as BodyInit, { status: 206, headers })
}

/** @see https://specs.ipfs.tech/http-gateways/trustless-gateway/#dedicated-probe-paths */
function probeAnswer({ format }: Representation): Response {
  const types = { file: 'application/octet-stream', raw: 'application/vnd.ipld.raw' }
  const type = format === 'car' ? 'application/vnd.ipld.car; version=1; order=dfs; dups=n' : types[format]
  const body = format === 'car' ? carHeader(CID.parse(PROBE)) : new Uint8Array()
  return new Response(body as BodyInit, {
    headers: { 'Content-Type': type, 'Content-Length': String(body.byteLength), 'Cache-Control': FOREVER },
  })
}

/** @see https://www.rfc-editor.org/rfc/rfc6266 */
function disposition(isDownload: boolean, fileName: string): string {
  const name = fileName.slice(0, 200).toWellFormed()
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  )
  const extended = plain === name ? '' : `; filename*=UTF-8''${encoded}`
  return `${isDownload ? 'attachment' : 'inline'}; filename="${plain}"${extended}`
}
