import { id3Bytes } from '#lib/audio/mp3.ts'
import type { ByteReader } from './byte-reader.ts'
import type { CountedFrames } from './counted-frames.ts'

const LAYER_III = 1
const VERSION_1 = 3
const VERSION_2 = 2
const MONO = 3
const ID3V1_BYTES = 128

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
  const [first = 0, second = 0, third = 0, fourth = 0] = header
  if (header.length < 4 || first !== 0xff || (second & 0xe0) !== 0xe0) return undefined
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
export async function countMp3Frames(reader: ByteReader): Promise<CountedFrames | undefined> {
  let seconds = 0
  let frameBytes = 0
  let otherBytes = 0
  let isWhole = false
  for (;;) {
    const header = await reader.peek(4)
    if (header.length === 0) break
    const frame = readMp3Frame(header)
    if (!frame) {
      if (header.length < 4) isWhole = false
      otherBytes += await skipOther(reader)
      continue
    }
    const isAudio = !hasTag(await reader.peek(40), frame)
    const passed = await reader.skip(frame.sizeBytes)
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
export async function skipOther(reader: ByteReader): Promise<number> {
  const beginning = await reader.peek(10)
  const name = beginning.toString('latin1', 0, 3)
  if (name === 'TAG') await reader.skip(ID3V1_BYTES)
  else if (name === 'ID3' && beginning.length === 10) await reader.skip(id3Bytes(beginning))
  else return (await reader.skip(1)) + (await reader.skipTo(0xff))
  return 0
}

/** Whether the frame has no audio, but what its encoder says of all frames: which need not be true. */
export function hasTag(beginning: Buffer, { tagOffset }: Pick<Mp3Frame, 'tagOffset'>): boolean {
  return (
    /^(Xing|Info)$/.test(beginning.toString('latin1', tagOffset, tagOffset + 4)) ||
    beginning.toString('latin1', 36, 40) === 'VBRI'
  )
}
