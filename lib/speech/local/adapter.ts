import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { type OutputFormat, readOutputFormat } from '#lib/audio/formats.ts'
import { type Alignment, alignmentOf } from '#lib/captions/alignment.ts'
import { ServiceError } from '#lib/model/errors.ts'
import type { Clock } from '#lib/platform/clock.ts'
import { openAudio, runSpeech } from '#lib/speech/audio-stream.ts'
import { modelForOpenAi } from '#lib/speech/elevenlabs/models.ts'
import type { Speech, SpeechRequest, Voice } from '#lib/speech/speech.ts'
import { localFields } from './fields.ts'
import { createSpeechThreads } from './threads.ts'
import type { WordTime } from './word-times.ts'
import type { SpeechReport } from './worker.ts'

interface LocalOptions {
  /** For requests that name none, as is `outputFormat`. It has no effect on the audio. */
  modelId: string
  outputFormat: string
  /** For one speech, from the call to its last byte. */
  timeoutMs: number
  clock: Clock
  startThread?: () => Worker
}

const voices: Voice[] = [
  {
    ...{ id: 'slt', name: 'SLT', language: 'en', accent: 'american', gender: 'female' },
    description: 'US English, female; the default',
  },
  {
    ...{ id: 'rms', name: 'RMS', language: 'en', accent: 'american', gender: 'male' },
    description: 'US English, male',
  },
  {
    ...{ id: 'awb', name: 'AWB', language: 'en', accent: 'scottish', gender: 'male' },
    description: 'Scottish English, male',
  },
]

/**
 * The built-in voice: Flite, on this machine, without network or key. English only.
 *
 * An unknown voice id gets the default voice and any model is taken, so that requests written for ElevenLabs work. Of the voice settings only
 * `speed` has an effect. The same text in the same voice gives the same bytes.
 */
export function createLocalSpeech(options: LocalOptions): Speech {
  const { clock, modelId, outputFormat, startThread = startLocalWorker } = options
  const threads = createSpeechThreads(startThread)
  return {
    vendor: {
      name: 'local',
      defaults: { modelId, outputFormat },
      exampleVoiceId: 'slt',
      fields: localFields,
      hasTimestamps: true,
      modelForOpenAi,
    },
    async speak(request, { signal, timeoutMs = options.timeoutMs }) {
      const format = nearestFormat(request.outputFormat ?? outputFormat)
      const voice = voices.some(({ id }) => id === request.voiceId) ? request.voiceId : 'slt'
      const job = {
        text: request.text,
        voice,
        durationStretch: 1 / clamp(request.voiceSettings?.speed ?? 1, 0.25, 4),
        format,
        hasWordTimes: request.timestamps ?? false,
      }
      let omittedCharacters: string[] = []
      const times: WordTime[] = []
      const onReport = (report: SpeechReport) => {
        if ('omittedCharacters' in report) omittedCharacters = report.omittedCharacters
        else times.push(...report.words)
      }
      const ended = Promise.withResolvers<Alignment | undefined>()
      async function* timed(audio: AsyncGenerator<Uint8Array, void>) {
        try {
          yield* audio
          ended.resolve(alignmentOf(request.text, 'word', times))
        } finally {
          ended.resolve(undefined)
        }
      }
      const audio = await runSpeech({
        clock,
        timeoutMs,
        timeoutError,
        signal,
        brokenError: (error) => error as ServiceError,
        open: async (limit) => {
          const opened = await openAudio(timed(threads.speak(job, limit, onReport)))
          if (!opened) throw new ServiceError('speech_unavailable', 'The built-in voice gave no audio')
          return opened
        },
      })
      const spokenBy = { vendor: 'local', voiceId: voice, modelId: 'flite' }
      const warnings = warningsFor(request)
      return {
        audio,
        outputFormat: nameOf(format),
        spokenBy,
        omittedCharacters: omittedCharacters.length > 0 ? omittedCharacters : undefined,
        warnings: warnings.length > 0 ? warnings : undefined,
        ...(request.timestamps && { alignment: ended.promise }),
      }
    },
    voices: async () => voices,
    close: () => threads.close(),
  }
}

/**
 * Runs the source file itself, of which Node.js strips the types: bundled by Turbopack it would not find Flite. Bundled
 * code does not know its own place either, so that the path starts from the working directory, which is the project's.
 */
function startLocalWorker(): Worker {
  const file = path.join(/* turbopackIgnore: true */ process.cwd(), 'lib/speech/local/worker.ts')
  return new Worker(file, { execArgv: [] })
}

// What LAME can encode. The bit rates depend on the MPEG version, and thus on the sample rate.
const mp3SampleRatesHz = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000]
const mp3BitRatesKbps = [8, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const pcmSampleRatesHz = [8000, 16000, 22050, 24000, 32000, 44100, 48000]

/** What µ-law and A-law have everywhere. */
const TELEPHONE_RATE_HZ = 8000

/** The requested format or, where the encoder does not have exactly that, the nearest one that it has. */
function nearestFormat(outputFormat: string): OutputFormat {
  const format = readOutputFormat(outputFormat)
  switch (format?.codec) {
    case 'mp3': {
      const sampleRateHz = nearest(mp3SampleRatesHz, format.sampleRateHz)
      const [min, max] = sampleRateHz >= 32_000 ? [32, 320] : sampleRateHz >= 16_000 ? [8, 160] : [8, 64]
      const bitRatesKbps = mp3BitRatesKbps.filter((rate) => rate >= min && rate <= max)
      return { ...format, sampleRateHz, bitRateKbps: nearest(bitRatesKbps, format.bitRateKbps ?? 128) }
    }
    case 'opus':
      return { ...format, sampleRateHz: 48_000, bitRateKbps: clamp(format.bitRateKbps ?? 64, 8, 256) }
    case 'pcm':
    case 'wav':
      return { ...format, sampleRateHz: nearest(pcmSampleRatesHz, format.sampleRateHz) }
    case 'ulaw':
    case 'alaw':
      return { ...format, sampleRateHz: TELEPHONE_RATE_HZ }
    default: {
      const message = `The built-in voice speaks mp3_…, opus_…, pcm_…, wav_…, ulaw_8000 and alaw_8000 only, such as mp3_44100_128; got "${outputFormat}"`
      throw new ServiceError('invalid_request', message, { errors: [{ path: 'outputFormat', message }] })
    }
  }
}

function warningsFor({ languageCode }: SpeechRequest): string[] {
  if (!languageCode || /^en(?:g|[-_]|$)/i.test(languageCode)) return []
  return [`The built-in voice speaks English only; languageCode "${languageCode}" had no effect`]
}

const clamp = (value: number, min: number, max: number) => Math.min(max, Math.max(min, value))

function nearest(choices: number[], wanted: number): number {
  return choices.reduce((best, choice) =>
    Math.abs(choice - wanted) < Math.abs(best - wanted) ? choice : best,
  )
}

function nameOf({ codec, sampleRateHz, bitRateKbps }: OutputFormat): string {
  return [codec, sampleRateHz, bitRateKbps].filter((part) => part !== undefined).join('_')
}

function timeoutError(): ServiceError {
  return new ServiceError('speech_timeout', 'The built-in voice did not finish in time')
}
