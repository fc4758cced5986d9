import parseRange from 'range-parser'
import { parseHttpDate } from '#lib/platform/http-date.ts'

/** Both inclusive, in bytes. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * What a `Range` header asks of a representation of `sizeBytes` (RFC 9110, section 14): one range to answer by 206,
 * `'unsatisfiable'` for 416, or `undefined` where the whole is to be sent: no range, a malformed one, another unit.
 *
 * Of several ranges that cannot be combined into one it is the first: a 206 says which part it is, and may be less than
 * was asked for (section 15.3.7).
 */
export function selectRange(
  header: string | null,
  sizeBytes: number,
): ByteRange | 'unsatisfiable' | undefined {
  if (!header) return undefined
  const ranges = parseRange(sizeBytes, withShortSuffixes(header, sizeBytes), { combine: true })
  if (ranges === -1) return 'unsatisfiable'
  if (ranges === -2 || ranges.type.toLowerCase() !== 'bytes') return undefined
  return ranges[0]
}

/** A suffix longer than the whole means the whole (RFC 9110, 14.1.2); the parser calls it unsatisfiable. */
function withShortSuffixes(header: string, sizeBytes: number): string {
  return header.replace(/([=,]\s*)-(\d+)/g, (_, before, count) => `${before}-${Math.min(count, sizeBytes)}`)
}

export type Precondition = 'proceed' | 'not_modified' | 'failed'

/** Evaluates `If-Match` and the like in the order of RFC 9110, section 13.2.2, for `GET` and `HEAD`. */
export function evaluatePreconditions(headers: Headers, etag: string, modifiedAt: number): Precondition {
  const ifMatch = headers.get('If-Match')
  const ifUnmodifiedSince = parseDate(headers.get('If-Unmodified-Since'))
  if (ifMatch !== null) {
    if (!listsTag(ifMatch, etag, { isWeak: false })) return 'failed'
  } else if (ifUnmodifiedSince !== undefined && inSeconds(modifiedAt) > ifUnmodifiedSince) return 'failed'

  const ifNoneMatch = headers.get('If-None-Match')
  const ifModifiedSince = parseDate(headers.get('If-Modified-Since'))
  if (ifNoneMatch !== null) return listsTag(ifNoneMatch, etag, { isWeak: true }) ? 'not_modified' : 'proceed'
  const isUnmodified = ifModifiedSince !== undefined && inSeconds(modifiedAt) <= ifModifiedSince
  return isUnmodified ? 'not_modified' : 'proceed'
}

/** Whether a `Range` header counts: there is no `If-Range`, or it names the present content (RFC 9110, 13.1.5). */
export function rangeApplies(ifRange: string | null, etag: string, modifiedAt: number): boolean {
  if (ifRange === null) return true
  if (ifRange.startsWith('"')) return ifRange === etag
  return parseDate(ifRange) === inSeconds(modifiedAt)
}

function listsTag(header: string, etag: string, { isWeak }: { isWeak: boolean }): boolean {
  if (header.trim() === '*') return true
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? []
  return tags.some((tag) => tag === etag || (isWeak && tag === `W/${etag}`))
}

/** A value that is no HTTP date must be ignored; `Date.parse` would accept almost anything. */
function parseDate(header: string | null): number | undefined {
  return header === null ? undefined : parseHttpDate(header.trim(), Date.now())
}

function inSeconds(time: number): number {
  return Math.floor(time / 1000) * 1000
}
