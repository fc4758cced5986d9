import { createMarkFinder } from '#lib/audio/credentials/marks.ts'
import { createAudioMeter } from '#lib/audio/measure.ts'
import type { Services } from '#lib/context.ts'
import { hashOfFile } from '#lib/ipfs/blocks/car.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { KIBIBYTE } from '#lib/platform/units.ts'
import type { SpeechBounds } from '#lib/speech/proportion.ts'
import type { SpokenAudio } from '#lib/speech/speech.ts'
import { SMALL_BYTES } from '#lib/temp-audio/small-audio.ts'
import { makeCaptions, type StagedCaptions } from './keep-captions.ts'
import { identityOf, type StagedAudio } from './staged-audio.ts'

interface StageOptions {
  reserve?: (sizeBytes: number) => Promise<void>
  /** What audio of the text can be. */
  bounds?: SpeechBounds
}

/** As much of a clip is gathered before it is looked at and written: vendors send it in many small pieces. */
const CHUNK_BYTES = 64 * KIBIBYTE

/**
 * Streams `spoken` into the temporary store as it arrives; on the way hashes and measures it, so that nothing has to be read
 * again. Where the vendor says when which word is spoken, makes captions of that. Where the store fails the bytes are
 * rescued, so that IPFS can still take them.
 *
 * @throws ServiceError when the stream breaks or is no audio: nothing is kept then
 * @throws TempAudioError when the store failed and the bytes could not be rescued
 */
export async function stage(
  services: Pick<Services, 'catalog' | 'store' | 'clock' | 'log' | 'inFlight'>,
  id: string,
  spoken: SpokenAudio,
  options: StageOptions = {},
): Promise<StagedAudio> {
  const { store, clock, log, inFlight } = services
  const hash = hashOfFile()
  const meter = createAudioMeter(spoken.outputFormat)
  const marks = createMarkFinder()
  let captions: StagedCaptions | undefined
  let spokenAt = 0
  /** Its chunks, as long as it is small. */
  let chunks: Uint8Array[] | undefined = []
  let sizeBytes = 0
  let isEnded = false

  async function* observed() {
    try {
      for await (const chunk of gathered(spoken.audio, options.bounds?.maxBytes)) {
        sizeBytes += chunk.byteLength
        if (sizeBytes > SMALL_BYTES) chunks = undefined
        chunks?.push(chunk)
        hash.update(chunk)
        marks.update(chunk)
        const measuring = meter.update(chunk)
        if (measuring) await measuring
        yield chunk
      }
      isEnded = true
    } finally {
      if (!isEnded) meter.abandon()
    }
    // Kept before the audio is durable, so that a crash between the two loses neither.
    captions = await makeCaptions(services, id, spoken)
    spokenAt = clock.now()
  }

  const put = await store.put(id, observed(), options)
  const failedPut = put.status === 'failed' ? put : undefined
  if (failedPut && !failedPut.rescued) throw failedPut.error
  if (!isEnded) throw new Error('The audio was not read to its end')
  const dag = hash.finish()
  try {
    const { isWhole, ...facts } = await meter.finish()
    if (spoken.isEndUnproven && !(isWhole && facts.durationMs >= (options.bounds?.minDurationMs ?? 0))) {
      throw new ServiceError(
        'speech_stream_broken',
        'The speech vendor broke off before the end of the audio',
      )
    }
    // A file that cannot be opened now is safe all the same: whoever needs it later opens it again.
    const open = () =>
      store.blob(id).catch((error: unknown) => {
        log.error({ err: error, clipId: id }, 'A clip that was just stored cannot be read yet')
      })
    const small = chunks && inFlight.smallAudio.keep(id, chunks)
    const audio = failedPut?.rescued ?? small ?? (await open()) ?? undefined
    const { spokenBy, omittedCharacters, warnings } = spoken
    const { isMarked, hasCredentials } = marks.found
    const speech = {
      spokenBy,
      ...(omittedCharacters && { omittedCharacters }),
      ...(warnings && { warnings }),
      contentCredentials: hasCredentials,
    }
    return { ...facts, ...identityOf(dag), audio, failedPut, speech, isMarked, captions, spokenAt }
  } catch (error) {
    // Nothing but the verdict on bytes that were read whole may delete them.
    if (ServiceError.isInstance(error)) {
      await failedPut?.discard()
      await store.delete(id).catch(() => {})
    }
    throw error
  }
}

/** The same bytes in fewer pieces. @throws ServiceError once they are more than `maxBytes` */
async function* gathered(audio: AsyncIterable<Uint8Array>, maxBytes = Number.POSITIVE_INFINITY) {
  let pieces: Uint8Array[] = []
  let gatheredBytes = 0
  let sizeBytes = 0
  for await (const piece of audio) {
    sizeBytes += piece.byteLength
    if (sizeBytes > maxBytes) throw outOfProportion(maxBytes)
    pieces.push(piece)
    gatheredBytes += piece.byteLength
    if (gatheredBytes < CHUNK_BYTES) continue
    yield joined(pieces)
    pieces = []
    gatheredBytes = 0
  }
  if (gatheredBytes > 0) yield joined(pieces)
}

const joined = (pieces: Uint8Array[]): Uint8Array =>
  pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)

function outOfProportion(maxBytes: number) {
  return new ServiceError(
    'speech_invalid_answer',
    `The speech vendor sent more than ${maxBytes} bytes of audio, which is out of all proportion to the text`,
  )
}
