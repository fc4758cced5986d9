import { combineRanges, parse } from 'range-parser'
import { parseHttpDate } from '#lib/platform/http-date.ts'

/** Both inclusive, in bytes. */
export interface ByteRange {
  start: number
  end: number
}

/** Flags in the `code` of the parser. */
const MALFORMED = 1
const UNSATISFIABLE = 2

/**
 * What a `Range` header asks of a representation of `sizeBytes` (RFC 9110, section 14): one range to answer by 206,
 * `'unsatisfiable'` for 416, or `undefined` where the whole is to be sent: no range, a malformed one, another unit,
 * several ranges that cannot be combined into one.
 */
export function selectRange(
  header: string | null,
  sizeBytes: number,
): ByteRange | 'unsatisfiable' | undefined {
  if (!header) return undefined
  const { code, type, ranges } = parse(sizeBytes, withoutSpacesAroundDashes(header))
  if (code & MALFORMED || type !== 'bytes') return undefined
  const [range, ...others] = combineRanges(ranges)
  if (!range) return code & UNSATISFIABLE ? 'unsatisfiable' : undefined
  return others.length === 0 ? { start: range.start, end: range.end } : undefined
}

/** The grammar has no spaces there, and the parser accepts none; some clients write them all the same. */
function withoutSpacesAroundDashes(header: string): string {
  return header
    .split('-')
    .map((part) => part.trim())
    .join('-')
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
