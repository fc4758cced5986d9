import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { identity } from 'multiformats/hashes/identity'

/** Who publishes advertisements: an Ed25519 key, and the peer id that libp2p derives from it. */
export interface Identity {
  /** Such as `12D3KooW…`. */
  peerId: string
  /** The public key as libp2p writes it, in protobuf. */
  publicKey: Uint8Array
  /** The signature of `bytes`. */
  sign(bytes: Uint8Array): Uint8Array
}

/** What stands before the 32 bytes of a private Ed25519 key in PKCS #8: https://www.rfc-editor.org/rfc/rfc8410 */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
/** `KeyType.Ed25519` (1) as field 1, then the 32 bytes of `Data` as field 2. */
const LIBP2P_PREFIX = [0x08, 0x01, 0x12, 0x20]

/**
 * The identity whose private key is `seed`, 32 bytes: the same for the same seed.
 *
 * @see https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
 */
export function identityOf(seed: Uint8Array): Identity {
  const key = Buffer.concat([PKCS8_PREFIX, seed])
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const publicKey = Buffer.concat([Buffer.from(LIBP2P_PREFIX), Buffer.from(x, 'base64url')])
  return {
    peerId: base58btc.baseEncode(identity.digest(publicKey).bytes),
    publicKey,
    sign: (bytes) => sign(null, bytes, privateKey),
  }
}
