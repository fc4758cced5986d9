import { code as dagPbCode, encode, prepare } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats'
import * as raw from 'multiformats/codecs/raw'
import { create as createDigest } from 'multiformats/hashes/digest'

const SHA_256 = 0x12

/** How a file is cut into leaves, and how many links a node above them has: all that its CID depends on beside its bytes. */
export interface FileLayout {
  leafBytes: number
  maxLinks: number
}

/**
 * UnixFS profile `unixfs-v1-2025`.
 *
 * @see https://github.com/ipfs/specs/pull/499 (IPIP-499)
 */
export const profileLayout: FileLayout = { leafBytes: 1024 * 1024, maxLinks: 1024 }

/** That of services which chunk plain files in the older way. */
export const legacyLayout: FileLayout = { leafBytes: 256 * 1024, maxLinks: 174 }

/** Takes bytes as they come. */
export interface Sha256 {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

export interface Leaf {
  cid: CID
  sizeBytes: number
}

/** A file as blocks: everything of them but the bytes of its leaves. */
export interface FileDag {
  root: CID
  sizeBytes: number
  /** In the order of the file. One that occurs twice is here twice. */
  leaves: Leaf[]
  /** What is above the leaves, the root last; a file of one leaf has none. */
  nodes: { cid: CID; bytes: Uint8Array }[]
}

/** Hashes a file as its bytes come. Holds none of them. */
export interface FileHash {
  update(bytes: Uint8Array): void
  /** To be called once. */
  finish(): FileDag
}

/** A file as CIDv1 with raw leaves. `newSha256`: the fastest that there is where it runs. */
export function createFileHash(
  newSha256: () => Sha256,
  { leafBytes, maxLinks }: FileLayout = profileLayout,
): FileHash {
  const leaves: Leaf[] = []
  let hash = newSha256()
  let hashedBytes = 0

  function endLeaf() {
    leaves.push({ cid: cidOf(raw.code, hash), sizeBytes: hashedBytes })
    hash = newSha256()
    hashedBytes = 0
  }

  return {
    update(bytes) {
      for (let from = 0; from < bytes.byteLength; ) {
        const to = Math.min(bytes.byteLength, from + leafBytes - hashedBytes)
        hash.update(bytes.subarray(from, to))
        hashedBytes += to - from
        from = to
        if (hashedBytes === leafBytes) endLeaf()
      }
    },
    finish() {
      if (hashedBytes > 0 || leaves.length === 0) endLeaf()
      return { leaves, ...above(leaves, maxLinks, newSha256) }
    },
  }
}

/** A block and what is below it: `treeBytes` with all blocks, `fileBytes` of the file. */
interface Tree {
  cid: CID
  treeBytes: number
  fileBytes: number
}

/** A balanced tree: each level is cut into nodes of `maxLinks`, until there is a level of one. */
function above(leaves: readonly Leaf[], maxLinks: number, newSha256: () => Sha256): Omit<FileDag, 'leaves'> {
  const nodes: FileDag['nodes'] = []
  let level: Tree[] = leaves.map(({ cid, sizeBytes }) => ({
    cid,
    treeBytes: sizeBytes,
    fileBytes: sizeBytes,
  }))
  while (level.length > 1) {
    const next: Tree[] = []
    for (let from = 0; from < level.length; from += maxLinks) {
      const children = level.slice(from, from + maxLinks)
      const bytes = nodeOf(children)
      const hash = newSha256()
      hash.update(bytes)
      const cid = cidOf(dagPbCode, hash)
      nodes.push({ cid, bytes })
      const treeBytes = children.reduce((sum, child) => sum + child.treeBytes, bytes.byteLength)
      next.push({ cid, treeBytes, fileBytes: fileBytesOf(children) })
    }
    level = next
  }
  const [root] = level as [Tree]
  return { root: root.cid, sizeBytes: root.fileBytes, nodes }
}

const fileBytesOf = (trees: readonly Tree[]) => trees.reduce((sum, { fileBytes }) => sum + fileBytes, 0)

/** @see https://specs.ipfs.tech/unixfs/ */
function nodeOf(children: readonly Tree[]): Uint8Array {
  const file = new UnixFS({ type: 'file', blockSizes: children.map(({ fileBytes }) => BigInt(fileBytes)) })
  const Links = children.map(({ cid: Hash, treeBytes: Tsize }) => ({ Name: '', Hash, Tsize }))
  return encode(prepare({ Data: file.marshal(), Links }))
}

const cidOf = (codec: number, hash: Sha256) => CID.createV1(codec, createDigest(SHA_256, hash.digest()))
