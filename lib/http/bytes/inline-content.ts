import type { CID } from 'multiformats'
import { identity } from 'multiformats/hashes/identity'
import type { FoundContent } from '#lib/clips/find-content.ts'
import type { LocalDag } from '#lib/ipfs/blocks/block-store.ts'
import { isLeaf } from '#lib/ipfs/blocks/unixfs.ts'
import type { Part } from '#lib/platform/file-parts.ts'

/** The most that Kubo accepts in an identity CID. */
const MAX_BYTES = 128

/** Whether the bytes of `cid` are in the CID itself. Who writes such an address writes the content as well. */
export const isInline = ({ multihash }: CID) => multihash.code === identity.code

/** The content of an identity CID of bytes; `null` for another one, or one of more than 128 bytes. */
export function inlineContent(cid: CID): FoundContent | null {
  const { digest } = cid.multihash
  if (!isInline(cid) || !isLeaf(cid) || digest.byteLength > MAX_BYTES) return null
  const sizeBytes = digest.byteLength
  const kept: LocalDag = {
    dag: { cid, offset: 0, sizeBytes, fileBytes: sizeBytes, children: [] },
    read: async (parts) => chunks(digest, parts),
    file: async () => new Blob([Uint8Array.from(digest)]),
  }
  const copy = { kept, isDamaged: false, open: async () => kept }
  return { clip: null, look: async () => copy }
}

async function* chunks(digest: Uint8Array, parts: readonly Part[]) {
  for (const part of parts) {
    yield part instanceof Uint8Array ? part : digest.subarray(part.offset, part.offset + part.sizeBytes)
  }
}
