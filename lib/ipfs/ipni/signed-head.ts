import { stringify } from '@ipld/dag-json'
import { CID } from 'multiformats'
import type { Identity } from './identity.ts'

const TOPIC = '/indexer/ingest/mainnet'

/**
 * What `GET /ipni/v1/ad/head` answers: the latest advertisement, signed.
 *
 * @see https://github.com/ipni/specs/blob/main/IPNI_HTTP_PROVIDER.md#get-ipniv1adhead
 */
export function signedHead(identity: Identity, head: string): string {
  const cid = CID.parse(head)
  const sig = identity.sign(Buffer.concat([cid.bytes, Buffer.from(TOPIC)]))
  return stringify({ head: cid, topic: TOPIC, pubkey: identity.publicKey, sig })
}
