import { createPrivateKey, sign as signWith } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import type { SigningIdentity } from '#lib/config/content-credentials.ts'

const curves = { ES256: p256, ES384: p384, ES512: p521 }

/**
 * What signs with the key of `identity`: always the same signature for the same bytes (RFC 6979, Ed25519), as the two
 * numbers in a row that COSE wants.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9053#section-2
 * @see https://www.rfc-editor.org/rfc/rfc6979
 */
export function signerOf({
  algorithm,
  privateKey,
}: SigningIdentity): (bytes: Uint8Array) => Promise<Uint8Array> {
  const key = createPrivateKey(privateKey)
  if (algorithm === 'Ed25519') return async (bytes) => signWith(null, bytes, key)
  const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')
  return async (bytes) => curves[algorithm].sign(bytes, secret, { lowS: false })
}
