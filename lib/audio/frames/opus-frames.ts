import type { ByteReader, Reading } from './byte-reader.ts'
import type { CountedFrames } from './counted-frames.ts'
import { type OggPage, readOggPage } from './ogg-pages.ts'

const SAMPLES_PER_SECOND = 48_000
/** `OpusHead` and `OpusTags`. */
const HEADER_PACKETS = 2

/**
 * Counts the samples of an Ogg Opus stream by its packets. The end that its last page states trims them by what the
 * encoder has added, and by no more than a second: a page that states another end is wrong.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7845 (Ogg Opus), https://www.rfc-editor.org/rfc/rfc6716#section-3.1 (packets)
 */
export function* countOpusFrames(reader: ByteReader): Reading<CountedFrames | undefined> {
  let samples = 0
  let packets = 0
  let preSkip = 0
  let statedEnd = 0
  let isWhole = false
  /** Whether a packet goes on in the next page. */
  let isContinued = false
  let page: OggPage | 'end' | 'broken'
  for (page = yield* readOggPage(reader); typeof page === 'object'; page = yield* readOggPage(reader)) {
    isWhole = page.isLast
    statedEnd = page.granulePosition
    for (const { bytes, isEnd } of page.segments) {
      if (!isContinued) {
        packets += 1
        if (packets === 1) preSkip = bytes.length >= 12 ? bytes.readUInt16LE(10) : 0
        if (packets > HEADER_PACKETS) samples += opusSamplesOf(bytes)
      }
      isContinued = !isEnd
    }
  }
  const seconds = (opusEnd(samples, statedEnd) - preSkip) / SAMPLES_PER_SECOND
  return seconds > 0 ? { seconds, isWhole: isWhole && page === 'end' } : undefined
}

/** Where the sound ends of packets with `samples` samples, of which the last page says that they end at `statedEnd`. */
export function opusEnd(samples: number, statedEnd: number): number {
  const trimmed = samples - statedEnd
  return trimmed >= 0 && trimmed <= SAMPLES_PER_SECOND ? statedEnd : samples
}

/** How many samples at 48 kHz a packet has, by its first two bytes. */
export function opusSamplesOf([toc, count = 0]: Uint8Array): number {
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
