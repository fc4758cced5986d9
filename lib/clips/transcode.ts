import { readOutputFormat } from '#lib/audio/formats.ts'
import { type AudioFacts, measureAudio } from '#lib/audio/measure.ts'
import type { DecoderFormat } from '#lib/audio/opus/decoders.ts'
import type { Services } from '#lib/context.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { describeError } from '#lib/platform/errors.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { extendLease, replaceBytes } from './replace-bytes.ts'
import type { StagedAudio } from './staged-audio.ts'

/** How much Opus of one clip may be in memory: three quarters of an hour. */
const MAX_OPUS_BYTES = 16 * MEBIBYTE
/** Opus that takes a larger share of the original's size is not worth a second lossy encoding. */
const WORTHWHILE_SHARE = 0.8
const MAX_DRIFT_MS = 50

/** Speech at this rate cannot be told from the original. */
const MAX_BIT_RATE_KBPS = 48
/** Opus needs about half the bit rate of MP3; a bit more preserves what the first encoding left. */
const SHARE_OF_BIT_RATE = 0.7

/**
 * With `AUDIO_OPTIMIZE=opus` replaces staged audio by Opus, before the clip is recorded as staged, if that saves a fifth
 * and lasts as long. The original stays durable all the while: it is replaced in one step, by bytes that have been
 * measured. Whatever goes wrong, the original stays; so does one that its vendor has marked.
 *
 * The audio must be durable, and the clip under a lease of this process.
 */
export async function transcodeStaged(
  services: Services,
  id: string,
  staged: StagedAudio,
  outputFormat: string,
): Promise<StagedAudio> {
  const format = formatOf(staged, outputFormat)
  const { audio } = staged
  if (services.config.speech.optimize !== 'opus' || staged.failedPut || !format || !audio) return staged
  const log = services.log.child({ clipId: id })
  if (staged.isMarked) {
    log.info(
      'The vendor has marked the clip as made by a machine; it stays as it is, since Opus would lose that',
    )
    return staged
  }
  try {
    await extendLease(services, id)
    const opus = await transcode(services, { ...staged, audio }, format)
    if (!opus) {
      log.info({ bytes: staged.sizeBytes }, 'Opus would not save a fifth of the clip, which stays as it is')
      return staged
    }
    const { mimeType, sizeBytes, durationMs } = staged
    const original = { mimeType, sizeBytes, durationMs }
    return { ...staged, ...opus.facts, ...(await replaceBytes(services, id, opus.audio)), original }
  } catch (error) {
    const reason = services.scrub(describeError(error))
    log.warn({ error: reason }, 'The clip could not be re-encoded and stays as it is')
    return staged
  }
}

/** What the decoder has to know; `undefined` for formats that are small already, or have no decoder. */
function formatOf({ mimeType, sizeBytes }: StagedAudio, outputFormat: string): DecoderFormat | undefined {
  if (mimeType === 'audio/mpeg') return { codec: 'mp3' }
  if (mimeType === 'audio/wav') return { codec: 'wav', sizeBytes }
  const format = readOutputFormat(outputFormat)
  return format?.codec === 'pcm' ? { codec: 'pcm', sampleRateHz: format.sampleRateHz } : undefined
}

/** The audio as Opus, measured to last as long; `undefined` where that saves too little. @throws Error */
async function transcode(
  { transcoder, tasks }: Services,
  { audio, sizeBytes, durationMs }: StagedAudio & { audio: Blob },
  format: DecoderFormat,
): Promise<{ audio: Blob; facts: AudioFacts } | undefined> {
  const bitRateKbps = Math.min(MAX_BIT_RATE_KBPS, ((sizeBytes * 8) / durationMs) * SHARE_OF_BIT_RATE)
  const maxBytes = Math.min(MAX_OPUS_BYTES, Math.floor(sizeBytes * WORTHWHILE_SHARE))
  const limits = { maxBytes, signal: tasks.signal }
  const opus = await transcoder.transcode(audio, { format, bitRateKbps: Math.round(bitRateKbps) }, limits)
  if (!opus) return undefined
  const { isWhole: _, ...facts } = await measureAudio(chunksOf(opus), '')
  if (Math.abs(facts.durationMs - durationMs) > MAX_DRIFT_MS) {
    throw new Error(`It lasts ${durationMs} ms, and ${facts.durationMs} ms as Opus`)
  }
  return { audio: opus, facts }
}
