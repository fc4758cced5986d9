import { readFileSync } from 'node:fs'

/** How long one frame lasts: 1152 samples at 44.1 kHz. */
export const FRAME_MS = (1152 / 44_100) * 1000

const frames = framesOf(readFileSync(new URL('../../fixtures/speech.mp3', import.meta.url)))

/**
 * Real MP3 audio: a spoken sentence, repeated or cut at frames to last about `durationMs`. `comment` travels in an ID3
 * tag, so that different comments make different clips.
 */
export function speechMp3(durationMs: number, comment: string): Buffer {
  const count = Math.max(1, Math.round(durationMs / FRAME_MS))
  const audio = Array.from({ length: count }, (_, index) => frames[index % frames.length] as Buffer)
  return Buffer.concat([id3Tag(comment), ...audio])
}

/** ID3v2.4 with one user-defined text. */
function id3Tag(comment: string): Buffer {
  const text = Buffer.concat([Buffer.from([3]), Buffer.from(`comment\0${comment}`)])
  const frame = Buffer.concat([Buffer.from('TXXX'), syncSafe(text.length), Buffer.from([0, 0]), text])
  return Buffer.concat([Buffer.from('ID3'), Buffer.from([4, 0, 0]), syncSafe(frame.length), frame])
}

function syncSafe(size: number): Buffer {
  return Buffer.from([(size >> 21) & 0x7f, (size >> 14) & 0x7f, (size >> 7) & 0x7f, size & 0x7f])
}

/** Splits an MPEG-1 Layer III file of 44.1 kHz into its frames. */
function framesOf(mp3: Buffer): Buffer[] {
  const kilobits = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
  const found: Buffer[] = []
  for (let at = 0; at + 4 <= mp3.length; ) {
    const flags = mp3[at + 2] as number
    const padding = (flags >> 1) & 1
    const size = Math.floor((144_000 * (kilobits[flags >> 4] as number)) / 44_100) + padding
    found.push(mp3.subarray(at, at + size))
    at += size
  }
  return found
}

/** Raw 16-bit samples of a 220 Hz tone, for the formats that have no frames. */
export function tonePcm(durationMs: number, sampleRate: number): Buffer {
  const samples = new Int16Array(Math.round((durationMs / 1000) * sampleRate))
  for (let index = 0; index < samples.length; index++) {
    samples[index] = Math.round(8000 * Math.sin((2 * Math.PI * 220 * index) / sampleRate))
  }
  return Buffer.from(samples.buffer)
}
