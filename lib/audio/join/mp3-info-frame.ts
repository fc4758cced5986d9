import { type Mp3Frame, readMp3Frame } from '#lib/audio/frames/mp3-frames.ts'

const TABLE_ENTRIES = 100
/** Name, flags, number of frames, number of bytes, table of contents, quality. */
const TAG_BYTES = 4 + 4 + 4 + 4 + TABLE_ENTRIES + 4
const EXTENSION_BYTES = 36
const flags = { frames: 1, bytes: 2, table: 4, quality: 8 }
/** Where delay and padding stand in the extension. */
const GAPLESS_OFFSET = 21
const MAX_12_BITS = 0xfff

/** What an encoder says of the samples that it has added before the first and behind the last one. */
export interface GaplessTag {
  /** Name and version of the encoder, nine characters. */
  encoder: string
  delaySamples: number
  paddingSamples: number
}

/**
 * The extension of LAME in the tag of a frame; `undefined` where it has none.
 *
 * @see http://gabriel.mp3-tech.org/mp3infotag.html
 */
export function readGaplessTag(bytes: Buffer, tagOffset: number): GaplessTag | undefined {
  const stated = bytes.length >= tagOffset + 8 ? bytes.readUInt32BE(tagOffset + 4) : 0
  const sizes = { frames: 4, bytes: 4, table: TABLE_ENTRIES, quality: 4 }
  const fields = Object.keys(flags) as (keyof typeof flags)[]
  const at = fields.reduce((sum, field) => sum + (stated & flags[field] ? sizes[field] : 0), tagOffset + 8)
  const encoder = bytes.toString('latin1', at, at + 9)
  if (bytes.length < at + EXTENSION_BYTES || !/^(LAME|Lavf|Lavc)/.test(encoder)) return undefined
  const both = bytes.readUIntBE(at + GAPLESS_OFFSET, 3)
  return { encoder, delaySamples: both >> 12, paddingSamples: both & MAX_12_BITS }
}

interface Joined {
  /** The header of the first frame of audio, which the new frame is like. */
  header: Buffer
  hasOneBitRate: boolean
  pieces: { frames: number; sizeBytes: number }[]
  /** Of the first and of the last piece. What is between the pieces is no frame by itself, and stays. */
  gapless: { start: GaplessTag | undefined; end: GaplessTag | undefined }
}

/**
 * A frame without sound that tells players how long all frames behind it are, where to jump to, and which samples at
 * both ends are none of the sound. The last one is said only if an encoder has said it of the pieces.
 */
export function infoFrame({ header, hasOneBitRate, pieces, gapless }: Joined): Buffer {
  const encoder = (gapless.start ?? gapless.end)?.encoder
  const bytes = emptyFrame(header, TAG_BYTES + (encoder ? EXTENSION_BYTES : 0))
  const { tagOffset, bitRateKbps } = readMp3Frame(bytes) as Mp3Frame
  const tag = bytes.subarray(tagOffset)
  const totalBytes = pieces.reduce((sum, piece) => sum + piece.sizeBytes, bytes.length)
  tag.write(hasOneBitRate ? 'Info' : 'Xing')
  tag.writeUInt32BE(flags.frames | flags.bytes | flags.table | flags.quality, 4)
  tag.writeUInt32BE(
    pieces.reduce((sum, piece) => sum + piece.frames, 0),
    8,
  )
  tag.writeUInt32BE(Math.min(totalBytes, 0xffff_ffff), 12)
  tag.set(tableOfContents(pieces, bytes.length, totalBytes), 16)
  if (!encoder) return bytes
  const extension = tag.subarray(TAG_BYTES)
  extension.write(encoder, 'latin1')
  extension.writeUInt8(hasOneBitRate ? 1 : 0, 9)
  extension.writeUInt8(Math.min(bitRateKbps, 255), 20)
  const delaySamples = gapless.start?.delaySamples ?? 0
  extension.writeUIntBE((delaySamples << 12) | (gapless.end?.paddingSamples ?? 0), GAPLESS_OFFSET, 3)
  extension.writeUInt32BE(Math.min(totalBytes, 0xffff_ffff), 28)
  extension.writeUInt16BE(checksumOf(bytes.subarray(0, tagOffset + TAG_BYTES + 34)), 34)
  return bytes
}

/** A silent frame like `header` with room for a tag: at the same bit rate, or at the next one that has it. */
function emptyFrame(header: Buffer, tagBytes: number): Buffer {
  const [first = 0, second = 0, third = 0, fourth = 0] = header
  for (let bitRateIndex = third >> 4; ; bitRateIndex++) {
    // Without a checksum, and without a byte of padding.
    const own = Buffer.from([first, second | 1, (bitRateIndex << 4) | (third & 0b1100), fourth])
    const frame = readMp3Frame(own) as Mp3Frame
    if (frame.sizeBytes >= frame.tagOffset + tagBytes) return Buffer.concat([own], frame.sizeBytes)
  }
}

/** For each hundredth of the time, where it is among the bytes, in 256ths of them. Within a piece they are even. */
function tableOfContents(pieces: Joined['pieces'], startBytes: number, totalBytes: number): number[] {
  const totalFrames = pieces.reduce((sum, piece) => sum + piece.frames, 0)
  let index = 0
  let frames = 0
  let sizeBytes = startBytes
  return Array.from({ length: TABLE_ENTRIES }, (_, percent) => {
    const wanted = (totalFrames * percent) / 100
    for (let piece = pieces[index]; piece && frames + piece.frames <= wanted; piece = pieces[++index]) {
      frames += piece.frames
      sizeBytes += piece.sizeBytes
    }
    const piece = pieces[index] ?? { frames: 1, sizeBytes: 0 }
    const at = sizeBytes + ((wanted - frames) / piece.frames) * piece.sizeBytes
    return Math.min(255, Math.floor((at / totalBytes) * 256))
  })
}

/** CRC-16 with the polynomial 0x8005, lowest bit first, from 0. */
function checksumOf(bytes: Uint8Array): number {
  let checksum = 0
  for (const byte of bytes) {
    checksum ^= byte
    for (let bit = 0; bit < 8; bit++) checksum = (checksum >> 1) ^ (checksum & 1 ? 0xa001 : 0)
  }
  return checksum
}
