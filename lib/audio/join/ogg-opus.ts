import type { OpusStreamFacts } from '#lib/audio/opus/ogg-muxer.ts'
import { JoinError } from './join-error.ts'
import { readOpus } from './opus-packets.ts'
import { createJoinedOpusStream, type JoinedOpusStream } from './opus-stream.ts'
import { type Piece, readPiece } from './piece.ts'

const GRANULES_PER_MS = 48

/**
 * Joins Ogg Opus streams to one, in new pages. Returns where the sound of each begins, in milliseconds.
 *
 * @throws JoinError when the pieces differ in channels or gain, or are no single stream each
 */
export async function* joinOggOpus(pieces: Piece[]): AsyncGenerator<Uint8Array, number[]> {
  const startsMs: number[] = []
  let joined: { head: OpusStreamFacts; stream: JoinedOpusStream } | undefined
  for (const piece of pieces) {
    let head: OpusStreamFacts | undefined
    let packets = 0
    for await (const part of readPiece(piece, 'Ogg Opus', (reader) => readOpus(reader, piece.number))) {
      if (part.kind === 'head') {
        head = part.head
        joined ??= { head, stream: createJoinedOpusStream(head) }
        checkAlike(head, joined.head, piece.number)
      } else if (head && joined && part.kind === 'packet') {
        if (packets === 0) {
          const { pages, startGranules } = joined.stream.beginPiece(head.preSkipGranules, part.packet)
          startsMs.push(startGranules / GRANULES_PER_MS)
          yield* pages
        }
        yield* joined.stream.add(part.packet)
        packets += 1
      } else if (joined && part.kind === 'end') {
        if (packets === 0) throw new JoinError(`Piece ${piece.number} is Ogg Opus without sound`)
        joined.stream.endPiece(part)
      }
    }
  }
  if (joined) yield* joined.stream.end()
  return startsMs
}

function checkAlike(head: OpusStreamFacts, first: OpusStreamFacts, number: number): void {
  if (nameOf(head) === nameOf(first)) return
  throw new JoinError(
    `Piece ${number} is ${nameOf(head)}, the first one ${nameOf(first)}: they must be alike`,
  )
}

const nameOf = ({ channels, outputGain = 0 }: OpusStreamFacts) =>
  `Ogg Opus in ${channels === 1 ? 'mono' : 'stereo'} with an output gain of ${outputGain / 256} dB`
