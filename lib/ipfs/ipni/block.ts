import { code, encode } from '@ipld/dag-json'
import { CID } from 'multiformats'
import { sha256 } from 'multiformats/hashes/sha2'

/** The media type of the blocks: https://www.iana.org/assignments/media-types/application/vnd.ipld.dag-json */
export const DAG_JSON = 'application/vnd.ipld.dag-json'

/** A node of the chain: an advertisement, or a chunk of its entries. */
export interface IpniBlock {
  cid: CID
  /** DAG-JSON, byte for byte what `cid` is the hash of. */
  body: string
}

export async function blockOf(node: unknown): Promise<IpniBlock> {
  const bytes = encode(node)
  const cid = CID.createV1(code, await sha256.digest(bytes))
  return { cid, body: Buffer.from(bytes).toString() }
}
