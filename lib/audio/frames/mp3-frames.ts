import { id3Bytes } from '#lib/audio/mp3.ts'
import type { ByteReader, Reading } from './byte-reader.ts'
import type { CountedFrames } from './counted-frames.ts'

const LAYER_III = 1
const VERSION_1 = 3
const VERSION_2 = 2
const MONO = 3
const ID3V1_BYTES = 128

// Compared as numbers, since each frame of each clip is looked at.
const [XING, INFO, VBRI] = ['Xing', 'Info', 'VBRI'].map((name) => Buffer.from(name).readUInt32BE()) as [
  number,
  number,
  number,
]
const VBRI_OFFSET = 36
/** As much of a frame as says what it is. */
const BEGINNING_BYTES = VBRI_OFFSET + 4

// kbit/s of Layer III by the index in the header; 0 where there is no such rate.
const bitRatesKbps = {
  version1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
  others: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
}
const sampleRatesHz = [44_100, 48_000, 32_000, 0]

export interface Mp3Frame {
  sizeBytes: number
  seconds: number
  /** Where the tag `Xing` or `Info` stands in a frame that has one in place of audio; else the main data begin here. */
  tagOffset: number
  sideInfoBytes: number
  version: '1' | '2' | '2.5'
  sampleRateHz: number
  channels: 1 | 2
  bitRateKbps: number
  /** Of each channel. */
  samples: number
}

/**
 * The frame whose header is in the first four bytes; `undefined` where they are none of Layer III.
 *
 * @see https://www.iso.org/standard/22412.html (ISO/IEC 11172-3 §2.4.1.3)
 */
export function readMp3Frame(header: Uint8Array): Mp3Frame | undefined {
  if (header.length < 4 || header[0] !== 0xff) return undefined
  const second = header[1] as number
  const third = header[2] as number
  const fourth = header[3] as number
  if ((second & 0xe0) !== 0xe0) return undefined
  const version = (second >> 3) & 3
  if (((second >> 1) & 3) !== LAYER_III || version === 1) return undefined
  const isVersion1 = version === VERSION_1
  const bitRateKbps = (isVersion1 ? bitRatesKbps.version1 : bitRatesKbps.others)[third >> 4] ?? 0
  const divisor = isVersion1 ? 1 : version === VERSION_2 ? 2 : 4
  const sampleRateHz = (sampleRatesHz[(third >> 2) & 3] ?? 0) / divisor
  if (bitRateKbps === 0 || sampleRateHz === 0) return undefined
  const samples = isVersion1 ? 1152 : 576
  const isMono = fourth >> 6 === MONO
  const sideInfoBytes = isVersion1 ? (isMono ? 17 : 32) : isMono ? 9 : 17
  const checksumBytes = (second & 1) === 0 ? 2 : 0
  return {
    sizeBytes: Math.floor(((samples / 8) * bitRateKbps * 1000) / sampleRateHz) + ((third >> 1) & 1),
    seconds: samples / sampleRateHz,
    tagOffset: 4 + checksumBytes + sideInfoBytes,
    sideInfoBytes,
    version: isVersion1 ? '1' : version === VERSION_2 ? '2' : '2.5',
    sampleRateHz,
    channels: isMono ? 1 : 2,
    bitRateKbps,
    samples,
  }
}

/** Counts the frames of an MP3 from the first one on. `undefined` where more bytes are in none than in some. */
export function* countMp3Frames(reader: ByteReader): Reading<CountedFrames | undefined> {
  let seconds = 0
  let frameBytes = 0
  let otherBytes = 0
  let isWhole = false
  for (;;) {
    const beginning = yield* reader.peek(BEGINNING_BYTES)
    if (beginning.length === 0) break
    const frame = readMp3Frame(beginning)
    if (!frame) {
      if (beginning.length < 4) isWhole = false
      otherBytes += yield* skipOther(reader)
      continue
    }
    const isAudio = !hasTag(beginning, frame)
    const passed = yield* reader.skip(frame.sizeBytes)
    isWhole = passed === frame.sizeBytes
    frameBytes += passed
    if (isWhole && isAudio) seconds += frame.seconds
  }
  return seconds > 0 && frameBytes > otherBytes ? { seconds, isWhole } : undefined
}

/**
 * Passes over what is no frame, as far as the next byte that may begin one. Returns how many bytes it was, those of a
 * tag not counted.
 */
export function* skipOther(reader: ByteReader): Reading<number> {
  const beginning = yield* reader.peek(10)
  const name = beginning.toString('latin1', 0, 3)
  if (name === 'TAG') yield* reader.skip(ID3V1_BYTES)
  else if (name === 'ID3' && beginning.length === 10) yield* reader.skip(id3Bytes(beginning))
  else return (yield* reader.skip(1)) + (yield* reader.skipTo(0xff))
  return 0
}

/** Whether the frame has no audio, but what its encoder says of all frames: which need not be true. */
export function hasTag(beginning: Buffer, { tagOffset }: Pick<Mp3Frame, 'tagOffset'>): boolean {
  const name = nameAt(beginning, tagOffset)
  return name === XING || name === INFO || nameAt(beginning, VBRI_OFFSET) === VBRI
}

const nameAt = (beginning: Buffer, offset: number) =>
  offset + 4 <= beginning.length ? beginning.readUInt32BE(offset) : undefined
