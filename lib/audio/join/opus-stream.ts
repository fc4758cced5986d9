import { createOggOpusWriter, type OpusStreamFacts } from '#lib/audio/opus/ogg-muxer.ts'
import type { OpusPacket } from './opus-packets.ts'
import { resetPacket } from './opus-reset.ts'

/** How many packets at the end of a piece may be left out. */
const TAIL_PACKETS = 16

/** One Opus stream that is made of several. What its methods return are the pages that are full. */
export interface JoinedOpusStream {
  /**
   * `first`: the first packet of the piece, which is to be added afterwards. `startGranules`: where its sound begins in
   * that of the whole.
   */
  beginPiece(preSkipGranules: number, first: OpusPacket): { pages: Uint8Array[]; startGranules: number }
  add(packet: OpusPacket): Uint8Array[]
  endPiece(end: { lengthGranules: number; paddingGranules: number }): void
  end(): Uint8Array[]
}

export function createJoinedOpusStream(head: OpusStreamFacts): JoinedOpusStream {
  const writer = createOggOpusWriter(head)
  /** The last packets of the piece, which are not written yet. */
  const tail: OpusPacket[] = []
  let hasPiece = false
  let granules = 0
  let paddingGranules = 0
  /** Where the next piece's sound should begin. */
  let wantedGranules = head.preSkipGranules

  function add(packet: OpusPacket): Uint8Array[] {
    tail.push(packet)
    granules += packet.granules
    return write(tail.length - TAIL_PACKETS)
  }

  function write(count: number): Uint8Array[] {
    const packets = tail.splice(0, Math.max(0, count))
    return packets
      .map(({ bytes, granules }) => writer.write(bytes, granules))
      .filter((page) => page.length > 0)
  }

  return {
    add,
    beginPiece(preSkipGranules, first) {
      if (!hasPiece) return { pages: [], startGranules: 0 }
      const reset = resetPacket(first.bytes)
      const delay = () => granules + reset.granules + preSkipGranules - wantedGranules
      for (let last = tail.at(-1); last && tail.length > 1 && delay() >= last.granules; last = tail.at(-1)) {
        granules -= last.granules
        tail.pop()
      }
      const pages = [...write(tail.length), ...add(reset), ...write(tail.length)]
      return { pages, startGranules: granules + preSkipGranules - head.preSkipGranules }
    },
    endPiece(end) {
      hasPiece = true
      wantedGranules += end.lengthGranules
      paddingGranules = end.paddingGranules
    },
    end: () => [...write(tail.length), writer.end(granules - paddingGranules - head.preSkipGranules)],
  }
}
