import type { StreamReader } from '#lib/audio/frames/byte-reader.ts'
import { readOggPage } from '#lib/audio/frames/ogg-pages.ts'
import { opusEnd, opusSamplesOf } from '#lib/audio/frames/opus-frames.ts'
import type { OpusStreamFacts } from '#lib/audio/opus/ogg-muxer.ts'
import { JoinError } from './join-error.ts'

export interface OpusPacket {
  bytes: Buffer
  granules: number
}

/** What comes one after the other in a piece: its head, its packets, and where its sound ends. */
export type OpusPart =
  | { kind: 'head'; head: OpusStreamFacts }
  | { kind: 'packet'; packet: OpusPacket }
  /** `paddingGranules`: what its last packets have behind the sound. */
  | { kind: 'end'; lengthGranules: number; paddingGranules: number }

/** @throws JoinError when the piece `number` is more than one stream, or has more than two channels */
export async function* readOpus(reader: StreamReader, number: number): AsyncGenerator<OpusPart> {
  let packets = 0
  let granules = 0
  let statedEnd = 0
  let preSkipGranules = 0
  let begun: Buffer[] = []
  for (;;) {
    const page = await reader.read(readOggPage)
    if (typeof page === 'string') break
    if (page.isFirst && packets > 0) throw new JoinError(`Piece ${number} is more than one Ogg stream`)
    statedEnd = page.granulePosition
    for (const segment of page.segments) {
      begun.push(segment.bytes)
      if (!segment.isEnd) continue
      const bytes = Buffer.concat(begun)
      begun = []
      packets += 1
      if (packets === 1) {
        const head = readHead(bytes, number)
        preSkipGranules = head.preSkipGranules
        yield { kind: 'head', head }
      } else if (packets > 2) {
        const packet = { bytes, granules: opusSamplesOf(bytes) }
        granules += packet.granules
        yield { kind: 'packet', packet }
      }
    }
  }
  const end = Math.max(opusEnd(granules, statedEnd), preSkipGranules)
  yield { kind: 'end', lengthGranules: end - preSkipGranules, paddingGranules: Math.max(0, granules - end) }
}

/** @see https://www.rfc-editor.org/rfc/rfc7845#section-5.1 */
function readHead(bytes: Buffer, number: number): OpusStreamFacts {
  const channels = bytes[9]
  if (bytes.length < 19 || bytes[18] !== 0 || (channels !== 1 && channels !== 2)) {
    throw new JoinError(`Piece ${number} is Ogg Opus of more than two channels, or has a broken head`)
  }
  return {
    channels,
    preSkipGranules: bytes.readUInt16LE(10),
    sampleRateHz: bytes.readUInt32LE(12),
    outputGain: bytes.readInt16LE(16),
  }
}
