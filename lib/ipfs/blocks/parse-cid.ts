import { CID } from 'multiformats'
import { base16, base16upper } from 'multiformats/bases/base16'
import { base32, base32upper } from 'multiformats/bases/base32'
import { base36, base36upper } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { base64url } from 'multiformats/bases/base64'
import { ProviderError } from '#lib/model/errors.ts'
import { LEGACY_CHUNK_BYTES, legacyCid } from './car.ts'
import type { IpfsContent } from './content.ts'

const anyBase = base32.decoder
  .or(base32upper.decoder)
  .or(base36.decoder)
  .or(base36upper.decoder)
  .or(base58btc.decoder)
  .or(base16.decoder)
  .or(base16upper.decoder)
  .or(base64url.decoder)

/** A CID in any of its notations, as version 1, which is written in base32; `undefined` if `text` is no CID. */
export function parseCid(text: string): CID | undefined {
  try {
    return CID.parse(text.trim(), anyBase).toV1()
  } catch {
    return undefined
  }
}

/** A CID in any of its notations, as version 1 in base32, which this program uses; `undefined` if `text` is no CID. */
export const canonicalCid = (text: string): string | undefined => parseCid(text)?.toString()

/** All CIDs under which a provider may hold `content`: its own, and `legacyCid` of services that chunk files themselves. */
export async function possibleCids({ cid, file }: Pick<IpfsContent, 'cid' | 'file'>): Promise<string[]> {
  return file.size <= LEGACY_CHUNK_BYTES ? [cid] : [cid, await legacyCid(file)]
}

/**
 * Verifies the CID that a provider answered for `content`, and returns it in canonical form.
 *
 * `acceptsLegacy`: accepts `legacyCid` as well, for services that chunk plain files themselves.
 *
 * @throws ProviderError when the answer is no CID, or the CID of other content
 */
export async function verifyAnsweredCid(
  answered: string,
  content: Pick<IpfsContent, 'cid' | 'file'>,
  options: { acceptsLegacy?: boolean } = {},
): Promise<string> {
  const cid = canonicalCid(answered)
  if (cid === undefined) {
    throw new ProviderError('Answered something that is not a CID', {
      isRetryable: true,
      mayHaveStored: true,
    })
  }
  if (cid === content.cid) return cid
  if (options.acceptsLegacy && cid === (await legacyCid(content.file))) return cid
  throw new ProviderError(`Answered the CID ${cid}, but the content's own is ${content.cid}`, {
    isRetryable: false,
  })
}
