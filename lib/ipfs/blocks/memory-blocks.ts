import { CID } from 'multiformats'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import type { Part } from '#lib/platform/file-parts.ts'
import type { BlockStore } from './block-store.ts'
import { readCar, WrongContentError } from './car-reader.ts'
import { type BlockIndex, buildDag, fileParts, isLeaf, linksIn } from './unixfs.ts'

/** A block store in memory that lasts as long as the answers that are made of it: for small clips where the disk is full. */
export function createMemoryBlocks(): Pick<BlockStore, 'put' | 'open'> {
  const index: BlockIndex = new Map()
  let kept = new Blob([])

  async function* chunks(parts: readonly Part[]) {
    for (const part of parts) {
      if (part instanceof Uint8Array) yield part
      else yield* chunksOf(kept.slice(part.offset, part.offset + part.sizeBytes))
    }
  }

  return {
    async put(root, car, { maxBytes = Number.POSITIVE_INFINITY, signal } = {}) {
      const blocks: Uint8Array[] = []
      const added: BlockIndex = new Map()
      let sizeBytes = 0
      for await (const { cid, bytes } of readCar(car)) {
        signal?.throwIfAborted()
        const links = isLeaf(cid) ? {} : { links: linksIn(cid, bytes) }
        added.set(cid.toString(), { offset: sizeBytes, sizeBytes: bytes.byteLength, ...links })
        blocks.push(Uint8Array.from(bytes))
        sizeBytes += bytes.byteLength
        if (sizeBytes > maxBytes) {
          throw new WrongContentError(`The content has more than ${maxBytes} bytes`)
        }
      }
      buildDag(CID.parse(root), added)
      for (const [cid, block] of added) index.set(cid, { ...block, offset: kept.size + block.offset })
      kept = new Blob([kept, ...(blocks as Uint8Array<ArrayBuffer>[])])
    },

    async open(cid) {
      if (!index.has(cid)) return null
      const dag = buildDag(CID.parse(cid), index)
      const slices = fileParts(dag).map(({ offset, sizeBytes }) => kept.slice(offset, offset + sizeBytes))
      return {
        dag,
        read: async (parts) => chunks(parts),
        file: async () => new Blob(slices),
      }
    },
  }
}
