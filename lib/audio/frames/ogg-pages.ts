import type { ByteReader, Reading } from './byte-reader.ts'

const HEADER_BYTES = 27
const FIRST_PAGE = 2
const LAST_PAGE = 4

export interface OggPage {
  isFirst: boolean
  isLast: boolean
  /** The end of the packets that end in this page, in samples of the codec. */
  granulePosition: number
  /** The parts of packets in the page; `isEnd`: whether the packet ends with it. */
  segments: { bytes: Buffer; isEnd: boolean }[]
}

/**
 * The next page of an Ogg stream. `end`: there is none; `broken`: the next bytes are no page, or one that has lost its end.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3533#section-6
 */
export function* readOggPage(reader: ByteReader): Reading<OggPage | 'end' | 'broken'> {
  const header = yield* reader.peek(HEADER_BYTES)
  if (header.length === 0) return 'end'
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, 4) !== 'OggS') return 'broken'
  const sizes = yield* reader.peek(HEADER_BYTES + (header[26] ?? 0))
  const lacing = sizes.subarray(HEADER_BYTES)
  const pageBytes = sizes.length + lacing.reduce((sum, size) => sum + size, 0)
  const page = yield* reader.peek(pageBytes)
  if (page.length < pageBytes) return 'broken'
  yield* reader.skip(pageBytes)
  const type = header[5] ?? 0
  return {
    isFirst: (type & FIRST_PAGE) !== 0,
    isLast: (type & LAST_PAGE) !== 0,
    granulePosition: Number(page.readBigInt64LE(6)),
    segments: segmentsOf(page, sizes.length, lacing),
  }
}

/** A packet's part ends at the first "lacing value" under 255. */
function segmentsOf(page: Buffer, start: number, lacing: Uint8Array): OggPage['segments'] {
  const segments: OggPage['segments'] = []
  let from = start
  let to = start
  for (const [index, size] of lacing.entries()) {
    to += size
    const isEnd = size < 255
    if (!isEnd && index < lacing.length - 1) continue
    segments.push({ bytes: page.subarray(from, to), isEnd })
    from = to
  }
  return segments
}
