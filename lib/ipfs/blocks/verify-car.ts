import { CID } from 'multiformats'
import type { BlockStore } from './block-store.ts'
import { readCar, WrongContentError } from './car-reader.ts'
import { type BlockIndex, dagFrom, isLeaf, linksIn } from './unixfs.ts'

/** Takes what a block store takes, checks all of it in the same way, and keeps nothing. */
export const verifyOnly: Pick<BlockStore, 'put'> = {
  async put(root, car, { maxBytes = Number.POSITIVE_INFINITY, signal } = {}) {
    const index: BlockIndex = new Map()
    let readBytes = 0
    for await (const { cid, bytes } of readCar(car)) {
      signal?.throwIfAborted()
      readBytes += bytes.byteLength
      if (readBytes > maxBytes) throw new WrongContentError(`It has more than ${maxBytes} bytes`)
      const links = isLeaf(cid) ? {} : { links: linksIn(cid, bytes) }
      index.set(cid.toString(), { offset: 0, sizeBytes: bytes.byteLength, ...links })
    }
    dagFrom(CID.parse(root), index)
  },
}
