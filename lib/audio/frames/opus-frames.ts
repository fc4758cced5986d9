import type { ByteReader } from './byte-reader.ts'
import type { CountedFrames } from './counted-frames.ts'

const SAMPLES_PER_SECOND = 48_000
const PAGE_HEADER_BYTES = 27
const LAST_PAGE = 4
/** `OpusHead` and `OpusTags`. */
const HEADER_PACKETS = 2

/**
 * Counts the samples of an Ogg Opus stream by its packets. The end that its last page states trims them by what the
 * encoder has added, and by no more than a second: a page that states another end is wrong.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7845 (Ogg Opus), https://www.rfc-editor.org/rfc/rfc6716#section-3.1 (packets)
 */
export async function countOpusFrames(reader: ByteReader): Promise<CountedFrames | undefined> {
  let samples = 0
  let packets = 0
  let preSkip = 0
  let statedEnd = 0
  let isWhole = false
  /** Whether a packet goes on in the next page. */
  let isContinued = false
  for (;;) {
    const header = await reader.peek(PAGE_HEADER_BYTES)
    const sizes = await reader.peek(PAGE_HEADER_BYTES + (header[26] ?? 0))
    const lacing = sizes.subarray(PAGE_HEADER_BYTES)
    const pageBytes = sizes.length + lacing.reduce((sum, size) => sum + size, 0)
    const page = await reader.peek(pageBytes)
    if (page.length === 0) break
    isWhole = false
    if (header.length < PAGE_HEADER_BYTES || header.toString('latin1', 0, 4) !== 'OggS') break
    if (page.length < pageBytes) break
    isWhole = ((header[5] ?? 0) & LAST_PAGE) !== 0
    statedEnd = Number(header.readBigInt64LE(6))
    let at = sizes.length
    for (const size of lacing) {
      if (!isContinued) {
        packets += 1
        if (packets === 1) preSkip = page.length >= at + 12 ? page.readUInt16LE(at + 10) : 0
        if (packets > HEADER_PACKETS) samples += samplesOf(page.subarray(at, at + size))
      }
      isContinued = size === 255
      at += size
    }
    await reader.skip(pageBytes)
  }
  const trimmed = samples - statedEnd
  const end = trimmed >= 0 && trimmed <= SAMPLES_PER_SECOND ? statedEnd : samples
  const seconds = (end - preSkip) / SAMPLES_PER_SECOND
  return seconds > 0 ? { seconds, isWhole } : undefined
}

/** How many samples at 48 kHz a packet has, by its first two bytes. */
function samplesOf([toc, count = 0]: Uint8Array): number {
  if (toc === undefined) return 0
  const configuration = toc >> 3
  const frame =
    configuration < 12
      ? [480, 960, 1920, 2880][configuration & 3]
      : configuration < 16
        ? [480, 960][configuration & 1]
        : [120, 240, 480, 960][configuration & 3]
  const frames = [1, 2, 2, count & 63][toc & 3] ?? 0
  return (frame ?? 0) * frames
}
