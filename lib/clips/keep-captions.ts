import type { Alignment } from '#lib/captions/alignment.ts'
import { packAlignment } from '#lib/captions/pack.ts'
import { asWebVtt } from '#lib/captions/webvtt.ts'
import type { KeptCaptions } from '#lib/catalog/captions.ts'
import type { Services } from '#lib/context.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import type { SpeechFacts } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'
import type { SpokenAudio } from '#lib/speech/speech.ts'

/** The captions of audio that is being staged. */
export interface StagedCaptions extends KeptCaptions {
  /** Whether the catalog has them. */
  isKept: boolean
}

/**
 * Makes captions of audio once it was read to its end, and keeps them in the catalog before the audio is durable: a crash
 * between the two leaves the clip with its captions. `undefined` where the vendor gave no times. Never throws: no failure
 * of captions harms the clip.
 */
export async function makeCaptions(
  services: Pick<Services, 'catalog' | 'log'>,
  id: string,
  { alignment, isEndUnproven }: SpokenAudio,
): Promise<StagedCaptions | undefined> {
  const { log } = services
  try {
    const timed = await alignment
    if (!timed) return undefined
    const captions = { ...(await captionsOf(timed)), isKept: false }
    // Audio that may lack its end is judged first: the text may have to be spoken once more.
    if (!isEndUnproven) await keepCaptions(services, id, captions)
    return captions
  } catch (error) {
    log.error({ clipId: id, error: describeError(error) }, 'The captions of a clip could not be made')
    return undefined
  }
}

/** Keeps `captions` where the catalog does not have them yet. A failure is logged. */
export async function keepCaptions(
  { catalog, log }: Pick<Services, 'catalog' | 'log'>,
  id: string,
  captions: StagedCaptions | undefined,
): Promise<void> {
  if (!captions || captions.isKept) return
  const { cid, alignment } = captions
  try {
    await catalog.captions.keep(id, { cid, alignment })
    captions.isKept = true
  } catch (error) {
    log.error({ clipId: id, error: describeError(error) }, 'The captions of a clip could not be kept yet')
  }
}

/** A text as a stream of its bytes. */
export async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

async function captionsOf(alignment: Alignment): Promise<KeptCaptions> {
  const { cid } = await computeCid(bytesOf(asWebVtt(alignment)))
  return { cid, alignment: packAlignment(alignment) }
}

const NO_CAPTIONS = 'There are no captions (`timestamps`): the voice did not say when which word is spoken'

/** `speech`, with the warning that captions were asked for and there are none. */
export function withoutCaptions<T extends SpeechFacts | null>(speech: T): T {
  const { warnings = [] } = speech ?? {}
  return (
    speech && { ...speech, warnings: [...warnings.filter((warning) => warning !== NO_CAPTIONS), NO_CAPTIONS] }
  )
}
