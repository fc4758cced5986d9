import type { ReadableStream } from 'node:stream/web'
import { measureAudio } from '#lib/audio/measure.ts'
import type { Services } from '#lib/context.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import type { SpokenAudio } from '#lib/speech/speech.ts'
import { TempAudioError, type TempAudioStore } from '#lib/temp-audio/store.ts'
import type { StagedAudio } from './staged-audio.ts'

/**
 * Streams `spoken` into the temporary store as it arrives, computes its CID on the way, and measures the audio.
 * Where the store fails the bytes are rescued, so that IPFS can still take them.
 *
 * @throws ServiceError when the stream breaks or is no audio: nothing is kept then
 * @throws TempAudioError when the store failed and the bytes could not be rescued
 */
export async function stage(
  services: Pick<Services, 'store' | 'clock'>,
  id: string,
  spoken: SpokenAudio,
  options: { reserve?: (sizeBytes: number) => Promise<void> } = {},
): Promise<StagedAudio> {
  const { store, clock } = services
  const { branch, hashed } = hashOnTheWay(spoken.audio)
  const spokenAt = hashed.then(() => clock.now())
  spokenAt.catch(() => {})
  const put = await store.put(id, branch, options)
  const failedPut = put.status === 'failed' ? put : undefined
  if (failedPut && !failedPut.rescued) throw failedPut.error
  const { cid, sizeBytes } = await hashed
  const audio = failedPut?.rescued ?? (await reopen(store, id))
  try {
    const facts = await measureAudio(audio, spoken.outputFormat)
    return { ...facts, cid, sizeBytes, audio, spokenAt: await spokenAt, failedPut }
  } catch (error) {
    await (failedPut ? failedPut.discard() : store.delete(id))
    throw error
  }
}

async function reopen(store: TempAudioStore, id: string): Promise<Blob> {
  const audio = await store.blob(id)
  if (!audio) throw new TempAudioError('The temporary store lost the clip that it had just taken')
  return audio
}

/** The same stream again; the CID is computed from its chunks as they pass. */
function hashOnTheWay(audio: ReadableStream<Uint8Array>) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const hashed = computeCid(readable)
  hashed.catch(() => {})
  async function* branch() {
    const writer = writable.getWriter()
    try {
      for await (const chunk of audio) {
        await writer.write(chunk)
        yield chunk
      }
      await writer.close()
    } finally {
      await writer.abort().catch(() => {})
    }
  }
  return { branch: branch(), hashed }
}
