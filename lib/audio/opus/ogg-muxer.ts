/** A granule is a sample at 48 kHz, whatever rate went in. */
export const GRANULES_PER_SECOND = 48_000

const MAX_SEGMENTS = 255
const PACKETS_A_PAGE = 50
const FIRST_PAGE = 2
const LAST_PAGE = 4

/** Packs the packets of one Opus stream into pages. Nothing is random: the same packets give the same bytes. */
export interface OggOpusWriter {
  /** Adds a packet. Returns the page that was full before it, if one was. */
  write(packet: Uint8Array, granules: number): Uint8Array<ArrayBuffer>
  /** Returns the last page, which makes players cut off what was written beyond `lengthGranules`. */
  end(lengthGranules: number): Uint8Array<ArrayBuffer>
}

export interface OpusStreamFacts {
  channels: 1 | 2
  /** Of the encoder's input; for information only. */
  sampleRateHz: number
  /** The encoder's delay at the beginning, which players skip. */
  preSkipGranules: number
  /** By how much players change the volume, in 256ths of a decibel. */
  outputGain?: number
}

/**
 * Writes an Ogg stream with Opus in it. A page holds about a second.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3533 (Ogg), https://www.rfc-editor.org/rfc/rfc7845 (Opus in Ogg)
 */
export function createOggOpusWriter(stream: OpusStreamFacts): OggOpusWriter {
  let pages = 0
  let granules = 0
  let segments: number[] = []
  let packets: Uint8Array[] = []
  let headers: Uint8Array = new Uint8Array()

  function page(type: number, granulePosition: number): Uint8Array<ArrayBuffer> {
    const bytes = pageOf({ type, granulePosition, sequence: pages, segments, packets })
    pages += 1
    segments = []
    packets = []
    return bytes
  }

  function add(packet: Uint8Array) {
    segments.push(...segmentsOf(packet))
    packets.push(packet)
  }

  add(headPacket(stream))
  headers = page(FIRST_PAGE, 0)
  add(tagsPacket())
  headers = Buffer.concat([headers, page(0, 0)])

  function withHeaders(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const all = headers.length > 0 ? new Uint8Array(Buffer.concat([headers, bytes])) : bytes
    headers = new Uint8Array()
    return all
  }

  return {
    write(packet, length) {
      const isFull =
        packets.length === PACKETS_A_PAGE || segments.length + segmentsOf(packet).length > MAX_SEGMENTS
      const full = isFull ? withHeaders(page(0, granules)) : new Uint8Array()
      add(packet)
      granules += length
      return full
    },
    end: (lengthGranules) =>
      withHeaders(page(LAST_PAGE, Math.min(granules, stream.preSkipGranules + lengthGranules))),
  }
}

/** A packet's length as "lacing values": 255 for each full 255 bytes, then the remainder. */
function segmentsOf(packet: Uint8Array): number[] {
  return [...new Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255]
}

function headPacket({
  channels,
  sampleRateHz,
  preSkipGranules,
  outputGain = 0,
}: OpusStreamFacts): Uint8Array {
  const head = Buffer.alloc(19)
  head.write('OpusHead')
  head.writeUInt8(1, 8) // version
  head.writeUInt8(channels, 9)
  head.writeUInt16LE(preSkipGranules, 10)
  head.writeUInt32LE(sampleRateHz, 12)
  head.writeInt16LE(outputGain, 16)
  return head
}

function tagsPacket(): Uint8Array {
  const vendor = 'Voicepin'
  const tags = Buffer.alloc(8 + 4 + vendor.length + 4)
  tags.write('OpusTags')
  tags.writeUInt32LE(vendor.length, 8)
  tags.write(vendor, 12)
  return tags
}

interface Page {
  type: number
  granulePosition: number
  sequence: number
  segments: number[]
  packets: Uint8Array[]
}

function pageOf({ type, granulePosition, sequence, segments, packets }: Page): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(27 + segments.length)
  header.write('OggS')
  header.writeUInt8(type, 5)
  header.writeBigInt64LE(BigInt(granulePosition), 6)
  header.writeUInt32LE(1, 14) // serial number: there is one stream in a file
  header.writeUInt32LE(sequence, 18)
  header.writeUInt8(segments.length, 26)
  header.set(segments, 27)
  const bytes = Buffer.concat([header, ...packets])
  bytes.writeUInt32LE(checksumOf(bytes), 22)
  return new Uint8Array(bytes)
}

const checksums = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 24
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder < 0 ? 0x04c11db7 : 0)
  return remainder
})

/** The CRC-32 of Ogg: highest bit first, initial value 0, not inverted. */
function checksumOf(bytes: Uint8Array): number {
  let checksum = 0
  for (const byte of bytes) checksum = (checksum << 8) ^ (checksums[(checksum >>> 24) ^ byte] as number)
  return checksum >>> 0
}
