import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { extendLease, replaceBytes } from './replace-bytes.ts'
import type { StagedAudio } from './staged-audio.ts'

/** The containers that a manifest can be in. */
const kinds: Record<string, 'mp3' | 'wav'> = { 'audio/mpeg': 'mp3', 'audio/wav': 'wav' }

/** A quarter of an hour of MP3. */
const IN_MEMORY_BYTES = 16 * MEBIBYTE

const UNSIGNED = 'The clip could not be signed, and carries no content credentials'

/**
 * With `CONTENT_CREDENTIALS` replaces staged MP3 or WAV by the same with a signed manifest, before its CID is known to
 * anybody. What its vendor has signed stays as it is. Whatever goes wrong, the clip stays, unsigned.
 *
 * The audio must be durable, and the clip under a lease of this process.
 */
export async function signStaged(services: Services, id: string, staged: StagedAudio): Promise<StagedAudio> {
  const { credentialSigner, scrub } = services
  const { audio, speech } = staged
  const kind = kinds[staged.mimeType]
  if (!credentialSigner || !kind || speech.contentCredentials) return staged
  const log = services.log.child({ clipId: id })
  try {
    if (staged.failedPut || !audio) throw new Error('It is not durable here')
    await extendLease(services, id)
    const source = speech.spokenBy.vendor === 'local' ? 'algorithm' : 'trained'
    // The original of one that is no longer than most is in memory: the store may lose it while it is replaced.
    const original = audio.size > IN_MEMORY_BYTES ? audio : new Blob([await audio.arrayBuffer()])
    const signed = await credentialSigner.sign(original, { kind, source })
    const replaced = await replaceBytes(services, id, signed)
    return { ...staged, ...replaced, speech: { ...speech, contentCredentials: true } }
  } catch (error) {
    log.error(
      { error: scrub(describeError(error)) },
      'A clip could not be signed and stays without content credentials',
    )
    return { ...staged, speech: { ...speech, warnings: [...(speech.warnings ?? []), UNSIGNED] } }
  }
}

/** Whether `clip` could be signed, and nobody has tried: it was streamed while it was spoken, or made before. */
export function isLeftUnsigned({ mimeType, speech }: Pick<Clip, 'mimeType' | 'speech'>): boolean {
  const isKnownToFail = speech?.warnings?.includes(UNSIGNED) ?? false
  return (mimeType ?? '') in kinds && !speech?.contentCredentials && !isKnownToFail
}
