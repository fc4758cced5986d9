import { ReadableStream } from 'node:stream/web'
import { encodePcm, type PcmCodec } from '#lib/audio/encode-pcm.ts'
import { type OutputFormat, readOutputFormat } from '#lib/audio/formats.ts'
import type { Speech } from './speech.ts'

/**
 * The same vendor, which speaks FLAC and AAC as well: it is asked for PCM, which is encoded here. Where it sends something
 * else instead, that is passed on as it is, with the vendor's own warning.
 */
export function withEncodedFormats(speech: Speech): Speech {
  return {
    vendor: speech.vendor,
    account: speech.account,
    voices: (options) => speech.voices(options),
    close: () => speech.close(),
    async speak(request, options) {
      const format = readOutputFormat(request.outputFormat ?? '')
      if (!format || !isEncodedHere(format)) return speech.speak(request, options)
      const pcmFormat = `pcm_${format.sampleRateHz}`
      const spoken = await speech.speak({ ...request, outputFormat: pcmFormat }, options)
      if (spoken.outputFormat !== pcmFormat) return spoken
      const audio = ReadableStream.from<Uint8Array>(encodePcm(spoken.audio, format))
      return { ...spoken, audio, outputFormat: request.outputFormat as string }
    },
  }
}

const isEncodedHere = (format: OutputFormat): format is OutputFormat & { codec: PcmCodec } =>
  format.codec === 'flac' || format.codec === 'aac'
