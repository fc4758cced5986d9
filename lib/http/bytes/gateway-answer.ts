import type { CID } from 'multiformats'
import type { FoundContent } from '#lib/clips/find-content.ts'
import type { LocalDag } from '#lib/ipfs/blocks/block-store.ts'
import { carParts, fileParts, isLeaf } from '#lib/ipfs/blocks/unixfs.ts'
import { fileNameOf } from '#lib/model/clip.ts'
import type { Part } from '#lib/platform/file-parts.ts'
import { contentDisposition } from './content-disposition.ts'
import type { Representation } from './gateway-request.ts'
import { isInline } from './inline-content.ts'

/** By the letter of the specification, which leaves no other length. */
const FOREVER = 'public, max-age=29030400, immutable'

/** What the gateway answers with, in one of the forms of the content. */
export interface GatewayAnswer {
  headers: Headers
  etag: string
  /** Not for a CAR: it is made anew for each request, and clients verify it as a whole. */
  takesRanges: boolean
  /** Where it is known without opening the content. */
  sizeBytes: number | undefined
  partsOf(content: LocalDag): Part[]
}

/** @see https://specs.ipfs.tech/http-gateways/path-gateway/#response-headers */
export function gatewayAnswer(
  cid: CID,
  { clip }: Pick<FoundContent, 'clip'>,
  wanted: Representation,
  url: URL,
): GatewayAnswer {
  const headersOf = (type: string, fileName: string) => headersFor(cid, wanted, url, { type, fileName })
  if (wanted.format === 'raw') {
    return {
      headers: headersOf('application/vnd.ipld.raw', `${cid}.bin`),
      etag: `"${cid}.raw"`,
      takesRanges: true,
      sizeBytes: isLeaf(cid) ? clip?.sizeBytes : undefined,
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
    headers: headersOf(clip?.mimeType ?? 'application/octet-stream', clip ? fileNameOf(clip) : `${cid}.bin`),
    etag: `"${cid}"`,
    takesRanges: true,
    sizeBytes: clip?.sizeBytes,
    partsOf: ({ dag }) => fileParts(dag),
  }
}

function headersFor(
  cid: CID,
  wanted: Representation,
  { pathname, searchParams }: URL,
  { type, fileName }: { type: string; fileName: string },
): Headers {
  // Content that anybody can write into an address gets neither a name of their choice nor a place on a page.
  const isDownload = isInline(cid) || wanted.format !== 'file' || searchParams.get('download') === 'true'
  const givenName = isInline(cid) ? null : searchParams.get('filename')
  const headers = new Headers({
    'Content-Type': type,
    'Cache-Control': FOREVER,
    'Content-Disposition': contentDisposition(givenName || fileName, { isDownload }),
    'X-Content-Type-Options': 'nosniff',
    'X-Ipfs-Path': pathname,
    'X-Ipfs-Roots': String(pathname.split('/')[2]),
  })
  // The parameters of a CAR can stand in `Accept` even where the URL names the format.
  if (!searchParams.has('format') || wanted.format === 'car') headers.set('Vary', 'Accept')
  if (wanted.format !== 'file' && wanted.location) {
    headers.set('Content-Location', `${pathname}${wanted.location}`)
  }
  return headers
}
