import { ServiceError } from '#lib/model/errors.ts'
import type { ByteIterator } from '#lib/platform/byte-iterator.ts'
import { BytesResponse } from './bytes-response.ts'
import { type ByteRange, evaluatePreconditions, rangeApplies, selectRange } from './range.ts'

/** Bytes that a request may ask for, whole or in part. */
export interface Content {
  /** What the answer says of them, whether or not it carries them. */
  headers: Headers
  /** With its quotes; weak ones begin with `W/`. */
  etag: string
  /** In milliseconds since the epoch. */
  modifiedAt: number
  takesRanges: boolean
  /** What `HEAD` says of their size; or what `GET` is answered in place of the bytes, such as a redirect. */
  head(): Promise<number | Response>
  /** Called only when the answer needs them. */
  open(): OpenContent | Promise<OpenContent>
}

export interface OpenContent {
  sizeBytes: number
  /** The bytes, or the part of them that `range` names; or the answer to give in their place, such as a redirect. */
  read(range: ByteRange | undefined): Promise<ByteIterator | Response>
}

/**
 * Answers `GET` and `HEAD` with `content`: preconditions first, then `HEAD`, then `If-Range` and `Range`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.2
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14
 * @throws ServiceError `precondition_failed`, `range_not_satisfiable`; and whatever `content` throws
 */
export async function answerBytes(request: Request, content: Content): Promise<Response> {
  const { headers, etag, modifiedAt, takesRanges } = content
  headers.set('ETag', etag)
  headers.set('Accept-Ranges', takesRanges ? 'bytes' : 'none')
  const precondition = evaluatePreconditions(request.headers, etag, modifiedAt)
  if (precondition === 'failed') {
    throw new ServiceError('precondition_failed', 'The content is not what the request names')
  }
  if (precondition === 'not_modified') {
    headers.delete('Content-Type')
    return new Response(null, { status: 304, headers })
  }
  if (request.method === 'HEAD') {
    const sizeBytes = await content.head()
    if (sizeBytes instanceof Response) return sizeBytes
    headers.set('Content-Length', String(sizeBytes))
    return new Response(null, { headers })
  }
  const { sizeBytes, read } = await content.open()
  const applies = takesRanges && rangeApplies(request.headers.get('If-Range'), etag, modifiedAt)
  const range = applies ? selectRange(request.headers.get('Range'), sizeBytes) : undefined
  if (range === 'unsatisfiable') throw unsatisfiable(sizeBytes)
  const bytes = await read(range)
  if (bytes instanceof Response) return bytes
  headers.set('Content-Length', String(range ? range.end - range.start + 1 : sizeBytes))
  if (range) headers.set('Content-Range', `bytes ${range.start}-${range.end}/${sizeBytes}`)
  return new BytesResponse(bytes, { status: range ? 206 : 200, headers })
}

function unsatisfiable(sizeBytes: number) {
  return new ServiceError(
    'range_not_satisfiable',
    `The range lies outside the content, which has ${sizeBytes} bytes`,
    { headers: { 'Content-Range': `bytes */${sizeBytes}` } },
  )
}
