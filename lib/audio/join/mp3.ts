import type { StreamReader } from '#lib/audio/frames/byte-reader.ts'
import { hasTag, type Mp3Frame, readMp3Frame, skipOther } from '#lib/audio/frames/mp3-frames.ts'
import { JoinError } from './join-error.ts'
import { type GaplessTag, infoFrame, readGaplessTag } from './mp3-info-frame.ts'
import { muteFrame, needsEarlierBytes } from './mp3-reservoir.ts'
import { type Piece, readPiece } from './piece.ts'

const BATCH_BYTES = 64 * 1024

type Mp3Part = { frame: Mp3Frame; bytes: Buffer; isTag: boolean }

/** What one pass over a piece has found. */
interface PieceFacts {
  /** The header of its first frame. */
  header: Buffer
  frame: Mp3Frame
  frames: number
  sizeBytes: number
  hasOneBitRate: boolean
  gapless: GaplessTag | undefined
}

/**
 * Joins MP3s: their frames of audio behind a new tag, which states the length of the whole. Tags of the pieces, and
 * whatever else is no whole frame, are left out. Returns where each piece begins, in milliseconds.
 *
 * @throws JoinError when the pieces differ in version, sample rate or channels, or one has no frame
 */
export async function* joinMp3(pieces: Piece[]): AsyncGenerator<Uint8Array, number[]> {
  const facts: PieceFacts[] = []
  for (const piece of pieces) {
    for await (const found of readPiece(piece, 'MP3', examine)) facts.push(found)
    checkLast(facts, piece.number)
  }
  const [first] = facts
  if (!first) return []
  const hasOneBitRate = facts.every(
    (piece) => piece.hasOneBitRate && piece.frame.bitRateKbps === first.frame.bitRateKbps,
  )
  const gapless = { start: first.gapless, end: facts.at(-1)?.gapless }
  yield infoFrame({ header: first.header, hasOneBitRate, pieces: facts, gapless })
  for (const piece of pieces) yield* batched(readPiece(piece, 'MP3', playableFrames))
  return startsMsOf(facts, first)
}

/**
 * Players drop the delay that an encoder has stated of its sound: of a piece on its own, and of the whole that of the first
 * one.
 */
function startsMsOf(facts: PieceFacts[], first: PieceFacts): number[] {
  const delayOf = ({ gapless }: PieceFacts) => gapless?.delaySamples ?? 0
  let samples = 0
  return facts.map((piece) => {
    const start = samples + delayOf(piece) - delayOf(first)
    samples += piece.frames * piece.frame.samples
    return (start / first.frame.sampleRateHz) * 1000
  })
}

/** The whole frames of a piece, all like its first one. Bytes of something else may look like the start of a frame. */
async function* framesOf(reader: StreamReader): AsyncGenerator<Mp3Part> {
  let first: Mp3Frame | undefined
  for (;;) {
    const header = await reader.peek(4)
    if (header.length === 0) return
    const frame = readMp3Frame(header)
    if (!frame || (first && nameOf(frame) !== nameOf(first))) {
      await reader.read(skipOther)
      continue
    }
    first ??= frame
    const bytes = await reader.peek(frame.sizeBytes)
    if (bytes.length < frame.sizeBytes) return
    yield { frame, bytes, isTag: hasTag(bytes, frame) }
    await reader.skip(frame.sizeBytes)
  }
}

async function* examine(reader: StreamReader): AsyncGenerator<PieceFacts> {
  let facts: PieceFacts | undefined
  let gapless: GaplessTag | undefined
  for await (const { frame, bytes, isTag } of framesOf(reader)) {
    if (isTag) {
      gapless ??= readGaplessTag(bytes, frame.tagOffset)
      continue
    }
    facts ??= {
      header: Buffer.from(bytes.subarray(0, 4)),
      frame,
      frames: 0,
      sizeBytes: 0,
      hasOneBitRate: true,
      gapless,
    }
    facts.frames += 1
    facts.sizeBytes += bytes.length
    facts.hasOneBitRate &&= frame.bitRateKbps === facts.frame.bitRateKbps
  }
  if (facts) yield facts
}

function checkLast(facts: PieceFacts[], number: number): void {
  const [first] = facts
  const last = facts[number - 1]
  if (!first || !last) throw new JoinError(`Piece ${number} has no frame of MP3`)
  if (nameOf(last.frame) === nameOf(first.frame)) return
  throw new JoinError(
    `Piece ${number} is ${nameOf(last.frame)}, the first one ${nameOf(first.frame)}: they must be alike`,
  )
}

/** The frames of audio. Those that need bytes from before the piece are silent: these bytes are of another piece here. */
async function* playableFrames(reader: StreamReader): AsyncGenerator<Uint8Array> {
  let earlierBytes = 0
  for await (const { frame, bytes, isTag } of framesOf(reader)) {
    if (isTag) continue
    yield needsEarlierBytes(bytes, frame) > earlierBytes ? muteFrame(bytes, frame, earlierBytes) : bytes
    earlierBytes += frame.sizeBytes - frame.tagOffset
  }
}

async function* batched(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let batch: Uint8Array[] = []
  let sizeBytes = 0
  for await (const frame of frames) {
    batch.push(frame)
    sizeBytes += frame.length
    if (sizeBytes < BATCH_BYTES) continue
    yield Buffer.concat(batch)
    batch = []
    sizeBytes = 0
  }
  if (sizeBytes > 0) yield Buffer.concat(batch)
}

const nameOf = ({ version, sampleRateHz, channels }: Mp3Frame) =>
  `MPEG-${version} at ${sampleRateHz} Hz in ${channels === 1 ? 'mono' : 'stereo'}`
