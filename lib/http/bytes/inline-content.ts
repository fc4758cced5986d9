import { ReadableStream } from 'node:stream/web'
import type { CID } from 'multiformats'
import { identity } from 'multiformats/hashes/identity'
import type { FoundContent } from '#lib/clips/find-content.ts'
import type { LocalDag } from '#lib/ipfs/blocks/block-store.ts'
import { isLeaf } from '#lib/ipfs/blocks/unixfs.ts'

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
    async read(parts) {
      const chunks = parts.map((part) =>
        part instanceof Uint8Array ? part : digest.subarray(part.offset, part.offset + part.sizeBytes),
      )
      return ReadableStream.from(chunks)
    },
    file: async () => new Blob([Uint8Array.from(digest)]),
  }
  return { clip: null, kept, isDamaged: false, open: async () => kept }
}
