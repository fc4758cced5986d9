const sampleRatesHz = [8000, 16000, 22050, 24000, 32000, 44100, 48000]

/**
 * All values of ElevenLabs' `output_format`: codec, sample rate in Hz and, where it compresses, kbit/s.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/convert
 */
export const outputFormats = [
  ...['22050_32', '24000_48', '44100_32', '44100_64', '44100_96', '44100_128', '44100_192'].map(
    (rates) => `mp3_${rates}`,
  ),
  ...[32, 64, 96, 128, 192].map((bitRateKbps) => `opus_48000_${bitRateKbps}`),
  ...sampleRatesHz.map((rate) => `pcm_${rate}`),
  ...sampleRatesHz.map((rate) => `wav_${rate}`),
  'ulaw_8000',
  'alaw_8000',
]

/**
 * The short spellings that the AI SDK takes for ElevenLabs, and what they stand for.
 *
 * @see https://ai-sdk.dev/providers/ai-sdk-providers/elevenlabs
 */
const shortSpellings = new Map([
  ['mp3', 'mp3_44100_128'],
  ...[32, 64, 96, 128, 192].map((bitRateKbps) => [`mp3_${bitRateKbps}`, `mp3_44100_${bitRateKbps}`] as const),
  ['opus', 'opus_48000_96'],
  ['pcm', 'pcm_44100'],
  ['wav', 'wav_44100'],
  ['ulaw', 'ulaw_8000'],
  ['alaw', 'alaw_8000'],
])

/** All values that a caller may give for an output format. */
export const acceptedFormats = [...outputFormats, ...shortSpellings.keys()]

/** The output format that `text` stands for: itself, unless it is one of the short spellings. */
export const outputFormatOf = (text: string) => shortSpellings.get(text) ?? text

/** Whether ElevenLabs knows the output format. */
export function isOutputFormat(text: string): boolean {
  return outputFormats.includes(text)
}

export interface OutputFormat {
  codec: 'mp3' | 'opus' | 'pcm' | 'wav' | 'ulaw' | 'alaw' | 'flac' | 'aac'
  sampleRateHz: number
  /** Only of MP3, Opus and AAC. */
  bitRateKbps?: number
}

/**
 * The parts of an output format such as `mp3_44100_128` or `pcm_16000`; `undefined` where it is none. ElevenLabs has no
 * `flac_24000` and no `aac_24000_96`: those are made of its PCM.
 */
export function readOutputFormat(text: string): OutputFormat | undefined {
  const parts = /^(?:(mp3|opus|aac)_(\d+)_(\d+)|(pcm|wav|ulaw|alaw|flac)_(\d+))$/.exec(text)
  if (!parts) return undefined
  const [, compressed, rate, bitRate, plain, plainRate] = parts
  if (plain) return { codec: plain as OutputFormat['codec'], sampleRateHz: Number(plainRate) }
  return {
    codec: compressed as OutputFormat['codec'],
    sampleRateHz: Number(rate),
    bitRateKbps: Number(bitRate),
  }
}

/** What is known of a format without a header, whose bytes do not say what they are. */
export interface HeaderlessFormat {
  mimeType: string
  /** Without the dot. */
  fileExtension: string
  bytesPerSecond: number
}

const headerless = {
  pcm: { mimeType: 'audio/pcm', fileExtension: 'pcm', bytesPerSample: 2 },
  // RFC 2046 §4.3: mono µ-law at 8000 Hz.
  ulaw: { mimeType: 'audio/basic', fileExtension: 'ulaw', bytesPerSample: 1 },
  alaw: { mimeType: 'audio/x-alaw-basic', fileExtension: 'alaw', bytesPerSample: 1 },
}

/** What is known of a format of bare mono samples; `undefined` for one with a header, and for an unknown one. */
export function headerlessFormat(outputFormat: string): HeaderlessFormat | undefined {
  const format = readOutputFormat(outputFormat)
  if (!format || !(format.codec in headerless)) return undefined
  const { mimeType, fileExtension, bytesPerSample } = headerless[format.codec as keyof typeof headerless]
  return { mimeType, fileExtension, bytesPerSecond: format.sampleRateHz * bytesPerSample }
}

const withHeader: Record<string, string> = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  wav: 'audio/wav',
  flac: 'audio/flac',
  aac: 'audio/aac',
}

/** The media type of an output format, for answers that begin before the bytes can be measured. */
export function mimeTypeOf(outputFormat: string): string {
  const codec = readOutputFormat(outputFormat)?.codec ?? ''
  return headerlessFormat(outputFormat)?.mimeType ?? withHeader[codec] ?? 'application/octet-stream'
}
