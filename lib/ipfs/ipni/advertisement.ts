import { CID } from 'multiformats'
import { sha256 } from 'multiformats/hashes/sha2'
import { blockOf, type IpniBlock } from './block.ts'
import type { Identity } from './identity.ts'

/** Stands for no entries: https://github.com/ipni/go-libipni/blob/main/ingest/schema/schema.go */
const NO_ENTRIES = CID.parse('bafkreehdwdcefgh4dqkjv67uzcmw7oje')
/**
 * The multicodec `transport-ipfs-gateway-http` (0x0920) as a varint, and a payload of length 0, without which indexers
 * do not know it: https://github.com/ipni/go-libipni/blob/main/metadata/ipfs_trustless_gateway.go
 */
const GATEWAY_METADATA = Uint8Array.of(0xa0, 0x12, 0x00)
const NOTHING = new Uint8Array()

/** What an advertisement tells indexers. All content of one `context` is removed together. */
export type Statement =
  | { type: 'add'; context: CID; entries: CID }
  | { type: 'remove'; context: CID }
  /** The provider has a new address, and nothing else has changed. */
  | { type: 'move' }

/**
 * A signed advertisement: the content can be fetched over HTTP from the trustless gateway at `address`, a multiaddr.
 *
 * @see https://github.com/ipni/specs/blob/main/IPNI.md#advertisements
 */
export function advertisementOf(
  statement: Statement,
  { identity, address, previous }: { identity: Identity; address: string; previous: CID | null },
): Promise<IpniBlock> {
  const { type } = statement
  const unsigned = {
    ...(previous && { PreviousID: previous }),
    Provider: identity.peerId,
    Addresses: [address],
    Entries: type === 'add' ? statement.entries : NO_ENTRIES,
    ContextID: type === 'move' ? NOTHING : statement.context.bytes,
    Metadata: type === 'move' ? NOTHING : GATEWAY_METADATA,
    IsRm: type === 'remove',
  }
  return signedPayload(unsigned).then((payload) =>
    blockOf({ ...unsigned, Signature: envelopeOf(identity, payload) }),
  )
}

interface Signed {
  PreviousID?: CID
  Provider: string
  Addresses: string[]
  Entries: CID
  Metadata: Uint8Array
  IsRm: boolean
}

/** The hash of what is signed, in this order: https://github.com/ipni/go-libipni/blob/main/ingest/schema/envelope.go */
async function signedPayload(ad: Signed): Promise<Uint8Array> {
  const parts = [
    ad.PreviousID?.bytes ?? NOTHING,
    ad.Entries.bytes,
    Buffer.from([ad.Provider, ...ad.Addresses].join('')),
    ad.Metadata,
    Uint8Array.of(ad.IsRm ? 1 : 0),
  ]
  return (await sha256.digest(Buffer.concat(parts))).bytes
}

const DOMAIN = Buffer.from('indexer')
const PAYLOAD_TYPE = Buffer.from('/indexer/ingest/adSignature')

/**
 * A libp2p envelope in protobuf: fields 1 (public key), 2 (type), 3 (payload) and 5 (signature).
 *
 * @see https://github.com/libp2p/specs/blob/master/RFC/0002-signed-envelopes.md
 */
function envelopeOf({ publicKey, sign }: Identity, payload: Uint8Array): Uint8Array {
  const signature = sign(Buffer.concat([DOMAIN, PAYLOAD_TYPE, payload].flatMap(withLength)))
  const fields = [
    [1, publicKey],
    [2, PAYLOAD_TYPE],
    [3, payload],
    [5, signature],
  ] as const
  const LENGTH_DELIMITED = 2
  return Buffer.concat(
    fields.flatMap(([field, bytes]) => [
      Uint8Array.of((field << 3) | LENGTH_DELIMITED),
      ...withLength(bytes),
    ]),
  )
}

/** Each is shorter than 128 bytes, so that its length as a varint is one byte. */
function withLength(bytes: Uint8Array): Uint8Array[] {
  return [Uint8Array.of(bytes.byteLength), bytes]
}
