import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluatePreconditions, rangeApplies, selectRange } from '#lib/http/bytes/range.ts'

describe('selectRange()', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=0-1', { start: 0, end: 1 }],
    ['bytes=0-', { start: 0, end: 999 }],
    ['bytes=500-', { start: 500, end: 999 }],
    ['bytes=999-', { start: 999, end: 999 }],
    ['bytes=500-5000', { start: 500, end: 999 }],
    ['bytes=-1', { start: 999, end: 999 }],
    ['bytes=-1000', { start: 0, end: 999 }],
    ['bytes=-99999999999999999999', { start: 0, end: 999 }],
    ['bytes=0-99999999999999999999', { start: 0, end: 999 }],
    ['bytes= 5 - 9 ', { start: 5, end: 9 }],
    ['Bytes=5-9', { start: 5, end: 9 }],
    ['bytes=0-4,5-9', { start: 0, end: 9 }],
    ['bytes=0-9,2-3', { start: 0, end: 9 }],
    ['bytes=5-9,2000-3000', { start: 5, end: 9 }],
    ['bytes=10-14,0-4', { start: 10, end: 14 }],
    ['bytes=2000-,10-14,0-4', { start: 10, end: 14 }],
  ])('reads "%s" of 1000 bytes as one range', (header, expected) => {
    expect(selectRange(header, 1000)).toEqual(expected)
  })

  it.each([
    'bytes=1000-',
    'bytes=1000-2000',
    'bytes=-0',
    'bytes=5-2',
    'bytes=99999999999999999999-',
    'bytes=2000-,3000-',
  ])('cannot satisfy "%s" with 1000 bytes', (header) => {
    expect(selectRange(header, 1000)).toBe('unsatisfiable')
  })

  it.each([
    null,
    '',
    'bytes',
    'bytes=',
    'bytes=abc',
    'bytes=0-x',
    'bytes=--5',
    'bytes=1-2-3',
    'bytes=0x10-0x20',
    'bytes=1e2-',
    'items=0-5',
    'bytes 0-5',
    'bytes=0-4,x',
  ])('selects the whole for %j', (header) => {
    expect(selectRange(header, 1000)).toBeUndefined()
  })

  /** Which bytes a list of parts asks for, by the letter of RFC 9110 and byte by byte. */
  function askedFor(parts: Part[], sizeBytes: number): number[] {
    const asks = (at: number) =>
      parts.some(({ first, last, suffix }) => {
        if (suffix !== undefined) return at >= sizeBytes - suffix
        return at >= (first ?? 0) && at <= (last ?? sizeBytes)
      })
    return Array.from({ length: sizeBytes }, (_, at) => at).filter(asks)
  }

  /** The bytes around those of the first part that can be satisfied, as far as the parts ask for them without a gap. */
  function firstRunOf(parts: Part[], sizeBytes: number) {
    const [from] = parts.flatMap((part) => askedFor([part], sizeBytes).slice(0, 1))
    if (from === undefined) return undefined
    const asked = new Set(askedFor(parts, sizeBytes))
    const range = { start: from, end: from }
    while (asked.has(range.start - 1)) range.start -= 1
    while (asked.has(range.end + 1)) range.end += 1
    return range
  }

  interface Part {
    first?: number
    last?: number
    suffix?: number
  }
  const position = fc.nat({ max: 40 })
  const anyPart: fc.Arbitrary<Part> = fc.oneof(
    position.map((first) => ({ first })),
    fc.tuple(position, position).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) })),
    position.map((suffix) => ({ suffix })),
  )
  const say = ({ first, last, suffix }: Part) =>
    suffix === undefined ? `${first}-${last ?? ''}` : `-${suffix}`

  it('agrees with a byte-by-byte reading of RFC 9110', () => {
    fc.assert(
      fc.property(
        fc.array(anyPart, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 30 }),
        (parts, size) => {
          const selected = selectRange(`bytes=${parts.map(say).join(', ')}`, size)
          expect(selected).toEqual(firstRunOf(parts, size) ?? 'unsatisfiable')
        },
      ),
      { seed: 1, numRuns: 500 },
    )
  })

  it('never selects bytes outside of the content, for any header', () => {
    const header = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789-,= ') }).map((rest) => `bytes=${rest}`),
    )
    fc.assert(
      fc.property(header, fc.integer({ min: 1, max: 1e9 }), (text, sizeBytes) => {
        const selected = selectRange(text, sizeBytes)
        if (selected === undefined || selected === 'unsatisfiable') return
        expect(selected.start).toBeGreaterThanOrEqual(0)
        expect(selected.start).toBeLessThanOrEqual(selected.end)
        expect(selected.end).toBeLessThan(sizeBytes)
        expect(Number.isInteger(selected.start) && Number.isInteger(selected.end)).toBe(true)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

const etag = '"bafk"'
const modifiedAt = Date.UTC(2026, 10, 22, 12, 0, 0, 700)
const then = 'Sun, 22 Nov 2026 12:00:00 GMT'
const before = 'Sun, 22 Nov 2026 11:59:59 GMT'
const after = 'Sun, 22 Nov 2026 12:00:01 GMT'

describe('evaluatePreconditions() and rangeApplies()', () => {
  it.each<[string, Record<string, string>]>([
    ['there are none', {}],
    ['If-Match names what is here', { 'If-Match': '"other", "bafk"' }],
    ['If-Match names anything', { 'If-Match': '*' }],
    ['If-None-Match names something else', { 'If-None-Match': '"other"' }],
    ['If-Modified-Since is earlier', { 'If-Modified-Since': before }],
    ['If-Unmodified-Since is not earlier', { 'If-Unmodified-Since': then }],
    ['If-Modified-Since is no date', { 'If-Modified-Since': 'tomorrow 1' }],
    ['If-Unmodified-Since is no date', { 'If-Unmodified-Since': 'yesterday 1' }],
    ['If-Match decides before If-Unmodified-Since', { 'If-Match': '*', 'If-Unmodified-Since': before }],
    [
      'If-None-Match decides before If-Modified-Since',
      { 'If-None-Match': '"other"', 'If-Modified-Since': after },
    ],
  ])('let it proceed where %s', (_, headers) => {
    expect(evaluatePreconditions(new Headers(headers), etag, modifiedAt)).toBe('proceed')
  })

  it.each<[string, Record<string, string>]>([
    ['If-None-Match names what is here', { 'If-None-Match': '"other", "bafk"' }],
    ['If-None-Match names it weakly', { 'If-None-Match': 'W/"bafk"' }],
    ['If-None-Match names anything', { 'If-None-Match': '*' }],
    ['If-Modified-Since is the time itself', { 'If-Modified-Since': then }],
    ['If-Modified-Since is later', { 'If-Modified-Since': after }],
  ])('answer 304 where %s', (_, headers) => {
    expect(evaluatePreconditions(new Headers(headers), etag, modifiedAt)).toBe('not_modified')
  })

  it.each<[string, Record<string, string>]>([
    ['If-Match names something else', { 'If-Match': '"other"' }],
    ['If-Match names it weakly', { 'If-Match': 'W/"bafk"' }],
    ['If-Unmodified-Since is earlier', { 'If-Unmodified-Since': before }],
    ['If-Match fails, whatever If-None-Match says', { 'If-Match': '"other"', 'If-None-Match': '"bafk"' }],
  ])('answer 412 where %s', (_, headers) => {
    expect(evaluatePreconditions(new Headers(headers), etag, modifiedAt)).toBe('failed')
  })

  it.each([
    [null, true],
    ['"bafk"', true],
    ['"other"', false],
    ['W/"bafk"', false],
    [then, true],
    [before, false],
    [after, false],
    ['yesterday 1', false],
    ['', false],
  ])('let a range count under If-Range %j: %s', (ifRange, applies) => {
    expect(rangeApplies(ifRange, etag, modifiedAt)).toBe(applies)
  })
})
