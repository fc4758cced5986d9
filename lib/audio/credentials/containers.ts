import { id3Bytes } from '#lib/audio/mp3.ts'
import { readWavHeader, wavDataBytes } from '#lib/audio/wav.ts'

/** The tag before an MP3 may have a picture in it; what precedes the samples of a WAV is shorter. */
const MAX_HEAD_BYTES = 1024 * 1024

const GEOB_TYPE = 'application/x-c2pa-manifest-store'
const UINT32_MAX = 0xffff_ffff

/** Where a manifest goes into a file. */
export interface Place {
  /** The bytes before the manifest, in a file with one of so many bytes: always as many. */
  before(manifestBytes: number): Uint8Array<ArrayBuffer>
  /** How many of the bytes before it belong to it: what the container writes there counts as part of a manifest. */
  ownBytes: number
  /** The bytes behind it, until the file goes on as it was. */
  between: Uint8Array<ArrayBuffer>
  /** How many bytes of the file as it was all of them take the place of. */
  replacedBytes: number
  /** What follows the rest of the file. */
  after: Uint8Array<ArrayBuffer>
}

/**
 * Where a manifest goes into an MP3 or a WAV: before the audio in both, so that players find nothing behind it.
 *
 * @see https://spec.c2pa.org/specifications/specifications/2.2/specs/C2PA_Specification.html#_embedding_manifests_into_various_file_formats
 * @throws Error where the file has no place for one
 */
export async function placeIn(audio: Blob, kind: 'mp3' | 'wav'): Promise<Place> {
  const head = Buffer.from(await audio.slice(0, MAX_HEAD_BYTES).arrayBuffer())
  return kind === 'mp3' ? placeInMp3(head) : placeInWav(head, audio.size)
}

/**
 * As the first frame (GEOB) of the ID3v2 tag, which is made where there is none. Other frames stay as they are.
 *
 * @see https://id3.org/id3v2.4.0-frames
 */
function placeInMp3(head: Buffer<ArrayBuffer>): Place {
  const tagBytes = id3Bytes(head)
  const version = tagBytes > 0 ? (head[3] ?? 0) : 4
  const flags = tagBytes > 0 ? (head[5] ?? 0) : 0
  if (version < 3 || version > 4 || flags !== 0)
    throw new Error('Its ID3 tag is of a kind that takes no more')
  if (tagBytes > head.length) throw new Error('Its ID3 tag is too long')
  const sizeOf = version === 4 ? synchsafe : bigEndian
  const description = Buffer.from(`\0${GEOB_TYPE}\0c2pa\0c2pa manifest store\0`, 'latin1')
  return {
    before(manifestBytes) {
      const frameBytes = description.length + manifestBytes
      const contentBytes = Math.max(0, tagBytes - 10) + 10 + frameBytes
      const header = [Buffer.from('ID3'), Buffer.from([version, 0, 0]), synchsafe(contentBytes)]
      const frame = [Buffer.from('GEOB'), sizeOf(frameBytes), Buffer.from([0, 0]), description]
      return Buffer.concat([...header, ...frame])
    },
    ownBytes: 0,
    between: new Uint8Array(),
    replacedBytes: tagBytes > 0 ? 10 : 0,
    after: new Uint8Array(),
  }
}

/** As a chunk of its own before the samples. Lengths that were written before the end was known are mended. */
function placeInWav(head: Buffer<ArrayBuffer>, fileBytes: number): Place {
  const header = readWavHeader(head)
  if (!header) throw new Error('Its samples begin too late')
  const { dataOffset } = header
  const dataBytes = wavDataBytes(header, fileBytes)
  const isPadded = dataBytes % 2 === 0 || fileBytes > dataOffset + dataBytes
  const after = Buffer.alloc(isPadded ? 0 : 1)
  return {
    before(manifestBytes) {
      if (manifestBytes % 2 !== 0) throw new Error('A chunk of a WAV begins at an even place')
      const riffBytes = fileBytes + 8 + manifestBytes + after.length - 8
      if (riffBytes > UINT32_MAX) throw new Error('It is longer than a WAV can be')
      const beginning = Buffer.from(head.subarray(0, dataOffset - 8))
      beginning.writeUInt32LE(riffBytes, 4)
      const chunk = [Buffer.from('C2PA'), littleEndian(manifestBytes)]
      return Buffer.concat([beginning, ...chunk])
    },
    ownBytes: 8,
    between: Buffer.concat([Buffer.from('data'), littleEndian(dataBytes)]),
    replacedBytes: dataOffset,
    after,
  }
}

const bigEndian = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const littleEndian = (value: number) => bigEndian(value).reverse()

/** A size of seven bits a byte. @throws Error where it does not fit into 28 bits */
function synchsafe(value: number): Buffer<ArrayBuffer> {
  if (value >= 2 ** 28) throw new Error('Its ID3 tag would be too long')
  return Buffer.from([21, 14, 7, 0].map((shift) => (value >> shift) & 0x7f))
}
