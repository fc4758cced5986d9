import type { ReadableStream } from 'node:stream/web'
import { findMarks } from '#lib/audio/credentials/marks.ts'
import { measureAudio } from '#lib/audio/measure.ts'
import type { Services } from '#lib/context.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import { ServiceError } from '#lib/model/errors.ts'
import type { SpeechBounds } from '#lib/speech/proportion.ts'
import type { SpokenAudio } from '#lib/speech/speech.ts'
import { makeCaptions, type StagedCaptions } from './keep-captions.ts'
import type { StagedAudio } from './staged-audio.ts'

interface StageOptions {
  reserve?: (sizeBytes: number) => Promise<void>
  /** What audio of the text can be. */
  bounds?: SpeechBounds
}

/**
 * Streams `spoken` into the temporary store as it arrives; on the way computes its CID and measures it, so that nothing
 * has to be read again. Where the vendor says when which word is spoken, makes captions of that. Where the store fails the bytes are rescued, so that IPFS can still take them.
 *
 * @throws ServiceError when the stream breaks or is no audio: nothing is kept then
 * @throws TempAudioError when the store failed and the bytes could not be rescued
 */
export async function stage(
  services: Pick<Services, 'catalog' | 'store' | 'clock' | 'log'>,
  id: string,
  spoken: SpokenAudio,
  options: StageOptions = {},
): Promise<StagedAudio> {
  const { store, clock, log } = services
  let captions: StagedCaptions | undefined
  const branch = observed(spoken.audio, {
    maxBytes: options.bounds?.maxBytes,
    // Kept before the audio is durable, so that a crash between the two loses neither.
    async onEnd() {
      captions = await makeCaptions(services, id, spoken)
    },
  })
  const hashing = branch.observe((bytes) => computeCid(bytes))
  const measuring = branch.observe((bytes) => measureAudio(bytes, spoken.outputFormat))
  const marking = branch.observe(findMarks)
  marking.catch(() => {})
  const spokenAt = hashing.then(() => clock.now())
  spokenAt.catch(() => {})
  const put = await store.put(id, branch.bytes(), options)
  const failedPut = put.status === 'failed' ? put : undefined
  if (failedPut && !failedPut.rescued) throw failedPut.error
  const { cid, sizeBytes } = await hashing
  try {
    const { isWhole, ...facts } = await measuring
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
    const audio = failedPut?.rescued ?? (await open()) ?? undefined
    const { spokenBy, omittedCharacters, warnings } = spoken
    const { isMarked, hasCredentials } = await marking
    const speech = {
      spokenBy,
      ...(omittedCharacters && { omittedCharacters }),
      ...(warnings && { warnings }),
      contentCredentials: hasCredentials,
    }
    const kept = { cid, sizeBytes, audio, failedPut }
    return { ...facts, ...kept, speech, isMarked, captions, spokenAt: await spokenAt }
  } catch (error) {
    // Nothing but the verdict on bytes that were read whole may delete them.
    if (ServiceError.isInstance(error)) {
      await failedPut?.discard()
      await store.delete(id).catch(() => {})
    }
    throw error
  }
}

/** A stream whose chunks observers see as they pass. None of them can break it. */
function observed(
  audio: ReadableStream<Uint8Array>,
  options: { maxBytes: number | undefined; onEnd: () => Promise<void> },
) {
  const { maxBytes = Number.POSITIVE_INFINITY, onEnd } = options
  const channels: Channel[] = []
  return {
    observe<T>(work: (bytes: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
      const channel = createChannel()
      channels.push(channel)
      const result = work(channel.chunks())
      result.then(channel.leave, channel.leave)
      return result
    },
    async *bytes() {
      let sizeBytes = 0
      let failure: unknown = new Error('The audio was not read to its end')
      try {
        for await (const chunk of audio) {
          sizeBytes += chunk.byteLength
          if (sizeBytes > maxBytes) throw outOfProportion(maxBytes)
          for (const channel of channels) await channel.write(chunk)
          yield chunk
        }
        await onEnd()
        failure = undefined
      } catch (error) {
        failure = error
        throw error
      } finally {
        for (const channel of channels) void channel.end(failure)
      }
    },
  }
}

type Channel = ReturnType<typeof createChannel>

/** Hands chunks to one reader, who is never more than one of them behind. */
function createChannel() {
  let given = Promise.withResolvers<Uint8Array | undefined>()
  let taken = Promise.withResolvers<void>()
  taken.resolve()
  let hasLeft = false
  return {
    async *chunks() {
      for (;;) {
        const chunk = await given.promise
        if (!chunk) return
        given = Promise.withResolvers()
        taken.resolve()
        yield chunk
      }
    },
    /** Resolves once the chunk before was taken. */
    async write(chunk: Uint8Array) {
      await taken.promise
      if (hasLeft) return
      taken = Promise.withResolvers()
      given.resolve(chunk)
    },
    async end(error?: unknown) {
      await taken.promise
      if (error) given.reject(error)
      else given.resolve(undefined)
      given.promise.catch(() => {})
    },
    /** The reader takes no more. */
    leave() {
      hasLeft = true
      taken.resolve()
    },
  }
}

function outOfProportion(maxBytes: number) {
  return new ServiceError(
    'speech_invalid_answer',
    `The speech vendor sent more than ${maxBytes} bytes of audio, which is out of all proportion to the text`,
  )
}
