import { decode } from '@ipld/dag-json'
import { publicKeyFromProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import type { CID } from 'multiformats'
import { sha256 } from 'multiformats/hashes/sha2'

/** An advertisement as https://github.com/ipni/specs/blob/main/IPNI.md#advertisements has it. */
export interface Advertisement {
  PreviousID?: CID
  Provider: string
  Addresses: string[]
  Signature: Uint8Array
  Entries: CID
  ContextID: Uint8Array
  Metadata: Uint8Array
  IsRm: boolean
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

/**
 * Checks an advertisement as `VerifySignature` of go-libipni does; with libp2p's own keys and another reader of
 * envelopes than the service's. https://github.com/ipni/go-libipni/blob/main/ingest/schema/envelope.go
 */
export async function verifyAdvertisement(ad: Advertisement): Promise<void> {
  // https://github.com/ipni/go-libipni/blob/main/ingest/schema/schema.go
  if (ad.ContextID.byteLength > 64) throw new Error('context id too long')
  if (ad.Metadata.byteLength > 1024) throw new Error('metadata too long')
  const fields = protobufFields(ad.Signature)
  const [publicKey, payloadType, payload, signature] = [1, 2, 3, 5].map((number) => fields.get(number))
  if (!publicKey || !payloadType || !payload || !signature) throw new Error('The envelope lacks a field')
  if (text(payloadType) !== '/indexer/ingest/adSignature') throw new Error('The envelope is of another type')
  const signed = Buffer.concat([Buffer.from('indexer'), payloadType, payload].flatMap(lengthPrefixed))
  const key = publicKeyFromProtobuf(publicKey)
  if (!(await key.verify(signed, signature))) throw new Error('invalid signature')
  const content = Buffer.concat([
    ad.PreviousID?.bytes ?? new Uint8Array(),
    ad.Entries.bytes,
    Buffer.from(ad.Provider),
    ...ad.Addresses.map((address) => Buffer.from(address)),
    ad.Metadata,
    Uint8Array.of(Number(ad.IsRm)),
  ])
  const { bytes } = await sha256.digest(content)
  if (!Buffer.from(bytes).equals(payload)) throw new Error('The signature is that of other content')
  if (peerIdFromPublicKey(key).toString() !== ad.Provider)
    throw new Error('Signed by another than the provider')
}

/** Checks the answer to `/ipni/v1/ad/head` as go-libipni does. Returns the head and the signer's peer id. */
export async function verifyHead(body: Uint8Array): Promise<{ head: CID; peerId: string }> {
  const { head, topic, pubkey, sig } = decode<{
    head: CID
    topic?: string
    pubkey: Uint8Array
    sig: Uint8Array
  }>(body)
  const key = publicKeyFromProtobuf(pubkey)
  if (!(await key.verify(Buffer.concat([head.bytes, Buffer.from(topic ?? '')]), sig))) {
    throw new Error('invalid signature')
  }
  return { head, peerId: peerIdFromPublicKey(key).toString() }
}

/** The node in `body`, which must be what `cid` names. */
export async function nodeOf<T>(cid: CID, body: Uint8Array<ArrayBuffer>): Promise<T> {
  const { digest } = await sha256.digest(body)
  if (!Buffer.from(digest).equals(cid.multihash.digest)) throw new Error('hash digest mismatch')
  return decode<T>(body)
}

/** The length-delimited fields of a protobuf message. */
function protobufFields(message: Uint8Array): Map<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>()
  let offset = 0
  function varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[offset++] ?? 0
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (offset < message.byteLength) {
    const tag = varint()
    const sizeBytes = varint()
    fields.set(tag >> 3, message.slice(offset, offset + sizeBytes))
    offset += sizeBytes
  }
  return fields
}

function lengthPrefixed(bytes: Uint8Array): Uint8Array[] {
  return [Uint8Array.of(bytes.byteLength), bytes]
}
