import type { AudioSampleSource, Output, StreamTargetChunk } from 'mediabunny'
import type { OutputFormat } from './formats.ts'

/** What PCM can be encoded to here, whoever has spoken it. */
export type PcmCodec = 'flac' | 'aac'

interface PcmEncoding extends Pick<OutputFormat, 'sampleRateHz' | 'bitRateKbps'> {
  codec: PcmCodec
}

const BYTES_PER_SAMPLE = 2

/** Loaded when it is needed: two encoders in WebAssembly, whose work is done in threads of their own. */
let loading: Promise<typeof import('mediabunny')> | undefined

async function load() {
  const [mediabunny, flac, aac] = await Promise.all([
    import('mediabunny'),
    import('@mediabunny/flac-encoder'),
    import('@mediabunny/aac-encoder'),
  ])
  flac.registerFlacEncoder()
  aac.registerAacEncoder()
  return mediabunny
}

/**
 * Encodes mono samples of 16 bits, however they are cut: to FLAC, which is without loss, and comes at the end since its
 * header says how much there is; or to AAC in ADTS frames, as the samples come. The same samples give the same bytes.
 *
 * @throws whatever `pcm` throws
 */
export async function* encodePcm(
  pcm: AsyncIterable<Uint8Array>,
  encoding: PcmEncoding,
): AsyncGenerator<Uint8Array> {
  loading ??= load()
  const { AdtsOutputFormat, AudioSample, AudioSampleSource, FlacOutputFormat, Output, StreamTarget } =
    await loading
  const { codec, sampleRateHz, bitRateKbps } = encoding
  const written = createWritten()
  const output = new Output({
    format: codec === 'flac' ? new FlacOutputFormat() : new AdtsOutputFormat(),
    target: new StreamTarget(new WritableStream<StreamTargetChunk>({ write: written.add })),
  })
  const source = new AudioSampleSource({ codec, ...(bitRateKbps && { bitrate: bitRateKbps * 1000 }) })
  output.addAudioTrack(source)
  try {
    await output.start()
    let samples = 0
    for await (const data of wholeSamples(pcm)) {
      const timestamp = samples / sampleRateHz
      const format = { format: 's16', numberOfChannels: 1, sampleRate: sampleRateHz } as const
      const sample = new AudioSample({ ...format, data, timestamp })
      samples += data.byteLength / BYTES_PER_SAMPLE
      await addTo(source, sample)
      if (codec === 'aac') yield* written.take()
    }
    await output.finalize()
    yield* written.take()
  } finally {
    await end(output)
  }
}

async function addTo(source: AudioSampleSource, sample: Parameters<AudioSampleSource['add']>[0]) {
  try {
    await source.add(sample)
  } finally {
    sample.close()
  }
}

async function end(output: Output) {
  if (output.state === 'started' || output.state === 'pending') await output.cancel()
}

/** What was written, in pieces of which later ones may stand in place of earlier ones. */
function createWritten() {
  let chunks: StreamTargetChunk[] = []
  let takenBytes = 0
  return {
    add: (chunk: StreamTargetChunk) => {
      chunks.push(chunk)
    },
    /** All that was written since, whole. */
    take(): Uint8Array[] {
      const size = Math.max(takenBytes, ...chunks.map(({ position, data }) => position + data.length))
      const bytes = new Uint8Array(size - takenBytes)
      for (const { position, data } of chunks) bytes.set(data, position - takenBytes)
      takenBytes = size
      chunks = []
      return bytes.length > 0 ? [bytes] : []
    },
  }
}

async function* wholeSamples(pcm: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let rest = new Uint8Array()
  for await (const chunk of pcm) {
    const bytes = new Uint8Array(rest.length + chunk.length)
    bytes.set(rest)
    bytes.set(chunk, rest.length)
    const whole = bytes.length - (bytes.length % BYTES_PER_SAMPLE)
    rest = bytes.slice(whole)
    if (whole > 0) yield bytes.slice(0, whole)
  }
}
