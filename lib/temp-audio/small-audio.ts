import { KIBIBYTE, MEBIBYTE } from '#lib/platform/units.ts'

/** A quarter of a minute of MP3: most clips are shorter. */
export const SMALL_BYTES = 256 * KIBIBYTE
/** Of all clips together. */
const MAX_BYTES = 32 * MEBIBYTE

/** Small clips, which stay in memory until their first upload is over, so that nothing is read again for it. */
export interface SmallAudio {
  /** The clip as a blob in memory; `undefined` where there are too many, or it is not small. */
  keep(id: string, chunks: readonly Uint8Array[]): Blob | undefined
  /** It counts no more. */
  drop(id: string): void
}

export function createSmallAudio(): SmallAudio {
  const sizes = new Map<string, number>()
  let keptBytes = 0

  function drop(id: string) {
    keptBytes -= sizes.get(id) ?? 0
    sizes.delete(id)
  }

  return {
    drop,
    keep(id, chunks) {
      drop(id)
      const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
      if (sizeBytes > SMALL_BYTES || keptBytes + sizeBytes > MAX_BYTES) return undefined
      sizes.set(id, sizeBytes)
      keptBytes += sizeBytes
      // TypeScript's Blob takes no shared buffers, and nothing here uses any.
      return new Blob(chunks as Uint8Array<ArrayBuffer>[])
    },
  }
}
