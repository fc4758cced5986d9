import PQueue from 'p-queue'
import { createEncoder } from '#lib/audio/encoders.ts'
import { type OutputFormat, readOutputFormat } from '#lib/audio/formats.ts'
import { type AudioPiece, joinAudio } from '#lib/audio/join/index.ts'
import { measureAudio } from '#lib/audio/measure.ts'

const SPOKEN_AT_HZ = 16_000
const encoding = new PQueue({ concurrency: 1 })

function tone(durationMs: number, frequencyHz: number): Float32Array {
  return Float32Array.from(
    { length: (durationMs / 1000) * SPOKEN_AT_HZ },
    (_, index) => 0.5 * Math.sin((2 * Math.PI * frequencyHz * index) / SPOKEN_AT_HZ),
  )
}

/** A tone as the built-in voice would encode it. */
export async function encodeTone(
  outputFormat: string,
  durationMs: number,
  frequencyHz: number,
): Promise<Buffer> {
  const format = readOutputFormat(outputFormat) as OutputFormat
  if (format.codec === 'ulaw' || format.codec === 'alaw') return Buffer.alloc(durationMs * 8, frequencyHz)
  // One after the other: there is one encoder for MP3.
  return encoding.add(async () => {
    const encoder = await createEncoder(format, SPOKEN_AT_HZ)
    return Buffer.concat([encoder.encode(tone(durationMs, frequencyHz)), encoder.end()])
  })
}

/** A piece of these bytes, read in chunks of `chunkBytes`. `opened` counts its readers, `closed` those that are done. */
export async function pieceOf(bytes: Uint8Array, outputFormat = '', chunkBytes = 16_384) {
  const counts = { opened: 0, closed: 0 }
  async function* open() {
    counts.opened += 1
    try {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
    } finally {
      counts.closed += 1
    }
  }
  const measured = await measureAudio(open(), outputFormat).catch(() => ({ durationMs: 0 }))
  Object.assign(counts, { opened: 0, closed: 0 })
  return { open, sizeBytes: bytes.length, durationMs: measured.durationMs, counts }
}

export async function join(pieces: AudioPiece[], outputFormat = ''): Promise<Buffer> {
  return (await joinWithStarts(pieces, outputFormat)).joined
}

/** `startsMs`: where each piece begins, as joining says. */
export async function joinWithStarts(pieces: AudioPiece[], outputFormat = '') {
  let startsMs: number[] = []
  async function* all() {
    yield* pieces
  }
  async function* bytes() {
    startsMs = yield* joinAudio(all(), outputFormat)
  }
  const joined = Buffer.concat(await Array.fromAsync(bytes()))
  return { joined, startsMs }
}

export async function durationMsOf(bytes: Uint8Array, outputFormat = ''): Promise<number> {
  async function* chunks() {
    yield bytes
  }
  return (await measureAudio(chunks(), outputFormat)).durationMs
}
