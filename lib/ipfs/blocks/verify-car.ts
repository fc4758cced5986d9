import { CID } from 'multiformats'
import type { BlockStore } from './block-store.ts'
import { readCar, WrongContentError } from './car-reader.ts'
import { type BlockIndex, buildDag, isLeaf, linksIn } from './unixfs.ts'

/** Checks a CAR just as a block store does, and keeps nothing of it. */
export const carVerifier: Pick<BlockStore, 'put'> = {
  async put(root, car, { maxBytes = Number.POSITIVE_INFINITY, signal } = {}) {
    const index: BlockIndex = new Map()
    let readBytes = 0
    for await (const { cid, bytes } of readCar(car)) {
      signal?.throwIfAborted()
      readBytes += bytes.byteLength
      if (readBytes > maxBytes) throw new WrongContentError(`The content has more than ${maxBytes} bytes`)
      const links = isLeaf(cid) ? {} : { links: linksIn(cid, bytes) }
      index.set(cid.toString(), { offset: 0, sizeBytes: bytes.byteLength, ...links })
    }
    buildDag(CID.parse(root), index)
  },
}
