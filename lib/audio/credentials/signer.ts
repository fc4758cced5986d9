import { createHash, X509Certificate } from 'node:crypto'
import type { SigningIdentity } from '#lib/config/content-credentials.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { placeIn } from './containers.ts'
import type { Source } from './manifest.ts'

/** Signs audio by C2PA. */
export interface CredentialSigner {
  /**
   * Returns the audio with a signed manifest in it, which is always the same for the same audio. Holds no more than the
   * manifest in memory.
   *
   * @throws Error where the file has no place for one, or the certificate is not valid now
   */
  sign(audio: Blob, options: { kind: 'mp3' | 'wav'; source: Source }): Promise<Blob>
}

export function createCredentialSigner(
  identity: SigningIdentity,
  { now }: { now: () => number },
): CredentialSigner {
  return {
    async sign(audio, { kind, source }) {
      requireValid(identity, now())
      // Loaded only where it is wanted.
      const { describe } = await import('./manifest.ts')
      const place = await placeIn(audio, kind)
      const { ownBytes } = place
      const start = place.before(0).length - ownBytes
      const manifest = describe(identity, source, { start, ownBytes })
      const before = place.before(manifest.sizeBytes)
      const rest = [place.between, audio.slice(place.replacedBytes), place.after]
      const hash = await hashOf([before.subarray(0, start), ...rest])
      return new Blob([before, await manifest.sign(hash), ...rest], { type: audio.type })
    },
  }
}

/** @throws Error: what is signed outside of this time is not valid */
function requireValid({ certificates }: SigningIdentity, nowMs: number): void {
  for (const pem of certificates) {
    const { validFromDate, validToDate } = new X509Certificate(pem)
    if (nowMs < validFromDate.getTime()) throw new Error('The certificate is not valid yet')
    if (nowMs > validToDate.getTime()) throw new Error('The certificate has expired')
  }
}

async function hashOf(parts: BlobPart[]): Promise<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(new Blob(parts))) hash.update(chunk)
  return hash.digest()
}
