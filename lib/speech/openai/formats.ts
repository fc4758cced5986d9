import { readOutputFormat } from '#lib/audio/formats.ts'
import { SNIFFED_BYTES, type SniffedCodec, sniffCodec, wavSampleRateHz } from '#lib/audio/sniff.ts'
import { ServiceError } from '#lib/model/errors.ts'
import type { OpenedAudio } from '#lib/speech/audio-stream.ts'
import { noAudioError } from './errors.ts'

/**
 * The `response_format` for an output format. OpenAI's API knows neither bit rates nor sample rates; its PCM is 24 kHz.
 *
 * @throws ServiceError `invalid_request` for a format that it has no name for
 */
export function responseFormatOf(outputFormat: string): 'mp3' | 'opus' | 'wav' | 'pcm' {
  const format = readOutputFormat(outputFormat)
  if (format?.codec === 'mp3' || format?.codec === 'opus' || format?.codec === 'wav') return format.codec
  if (format?.codec === 'pcm' && format.sampleRateHz === 24_000) return 'pcm'
  const message = `The OpenAI-compatible speech service speaks mp3_…, opus_…, wav_… and pcm_24000 only, such as mp3_44100_128; got "${outputFormat}"`
  throw new ServiceError('invalid_request', message, { errors: [{ path: 'outputFormat', message }] })
}

/** Audio, the format that it is in, and a sentence about that where it is not the one that was asked for. */
export interface RecognisedAudio {
  audio: OpenedAudio
  outputFormat: string
  warning?: string
}

/**
 * Looks at the first bytes of audio: servers that lack an encoder send what they have, whatever was asked for and whatever
 * they call it.
 *
 * @throws ServiceError `speech_invalid_answer` for a codec that callers cannot expect
 */
export async function recogniseAudio(opened: OpenedAudio, outputFormat: string): Promise<RecognisedAudio> {
  const audio = await withBeginning(opened, SNIFFED_BYTES)
  const asked = readOutputFormat(outputFormat)?.codec
  const codec = sniffCodec(audio.first, { isBare: asked === 'pcm' })
  if (codec === undefined || codec === asked) return { audio, outputFormat }
  const actual = formatOf(codec, audio.first)
  if (!actual) throw noAudioError(`with ${codec.toUpperCase()}, which was not asked for,`)
  return {
    audio,
    outputFormat: actual,
    warning: `${outputFormat} was asked for, and the speech service sent ${codec}`,
  }
}

function formatOf(codec: SniffedCodec, beginning: Uint8Array): string | undefined {
  if (codec === 'wav') return `wav_${wavSampleRateHz(beginning) ?? 24_000}`
  if (codec === 'opus') return 'opus_48000_64'
  // What its rates are is measured from its frames.
  if (codec === 'mp3') return 'mp3_44100_128'
  return undefined
}

/** The same audio, with at least `sizeBytes` in its first chunk where it has as many. */
async function withBeginning({ first, rest }: OpenedAudio, sizeBytes: number): Promise<OpenedAudio> {
  const chunks = [first]
  let gatheredBytes = first.byteLength
  while (gatheredBytes < sizeBytes) {
    const next = await rest.next()
    if (next.done) break
    chunks.push(next.value)
    gatheredBytes += next.value.byteLength
  }
  return { first: chunks.length === 1 ? first : Buffer.concat(chunks), rest }
}
