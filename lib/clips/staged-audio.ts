import type { AudioFacts } from '#lib/audio/measure.ts'
import type { FileDag } from '#lib/ipfs/blocks/file-dag.ts'
import type { OriginalFacts, SpeechFacts } from '#lib/model/clip.ts'
import type { FailedPut } from '#lib/temp-audio/store.ts'
import type { StagedCaptions } from './keep-captions.ts'

/** Audio that was measured and has its CID. */
export interface StagedAudio extends AudioFacts {
  cid: string
  sizeBytes: number
  /** Its blocks, so that it can be packed without being read again. */
  dag: FileDag
  /** `undefined` where the store has it and cannot open it now. */
  audio: Blob | undefined
  speech: SpeechFacts
  /** Whether its vendor has put in that a machine has made it. */
  isMarked: boolean
  /** When its last byte arrived, in milliseconds since the epoch. */
  spokenAt: number
  /** Only where the temporary store could not keep it; otherwise the audio is durable, and a crash loses nothing. */
  failedPut?: FailedPut | undefined
  /** Only where its vendor has said when which word is spoken. */
  captions?: StagedCaptions | undefined
  /** What it was before it was re-encoded. */
  original?: Pick<StagedAudio, 'mimeType' | 'sizeBytes' | 'durationMs'>
}

/** What makes a file the one that it is. */
export const identityOf = (dag: FileDag): Pick<StagedAudio, 'cid' | 'sizeBytes' | 'dag'> => ({
  cid: dag.root.toString(),
  sizeBytes: dag.sizeBytes,
  dag,
})

/** What the record of a clip says of its original, before it was re-encoded. */
export function originalFacts({ original }: StagedAudio): OriginalFacts {
  return {
    originalMimeType: original?.mimeType ?? null,
    originalSizeBytes: original?.sizeBytes ?? null,
    originalDurationMs: original?.durationMs ?? null,
  }
}
