import { code as dagPbCode, decode } from '@ipld/dag-pb'
import type { CID } from 'multiformats'
import * as raw from 'multiformats/codecs/raw'
import { identity } from 'multiformats/hashes/identity'
import { type Extent, type Part, partSizeBytes } from '#lib/platform/file-parts.ts'
import { carHeader, frameStart } from './car.ts'
import { WrongContentError } from './car-reader.ts'

/** The blocks of a CAR file by CID. Leaves have no `links`. */
export type BlockIndex = Map<string, Extent & { links?: CID[] }>

/** A block with everything below it. */
export interface DagNode extends Extent {
  cid: CID
  /** How many bytes of the file are in this block or below it. */
  fileBytes: number
  children: DagNode[]
}

export const isLeaf = (cid: CID) => cid.code === raw.code

/** The CIDs that a node links to, in the order of the file. @throws WrongContentError when the block is no UnixFS node */
export function linksIn(cid: CID, bytes: Uint8Array): CID[] {
  if (cid.code !== dagPbCode) throw new WrongContentError(`Block ${cid} is not part of a UnixFS file`)
  try {
    return decode(bytes).Links.map(({ Hash }) => Hash.toV1())
  } catch (cause) {
    throw new WrongContentError(`Block ${cid} is not part of a UnixFS file`, { cause })
  }
}

/** The DAG under `cid`, from an index of blocks. @throws WrongContentError when a block is missing */
export function buildDag(cid: CID, index: BlockIndex): DagNode {
  const known = new Map<string, DagNode>()
  function build(cid: CID): DagNode {
    const key = cid.toString()
    const built = known.get(key)
    if (built) return built
    const block = index.get(key)
    if (!block) throw new WrongContentError(`Block ${key} is missing`)
    const children = (block.links ?? []).map(build)
    const fileBytes = isLeaf(cid)
      ? block.sizeBytes
      : children.reduce((sum, child) => sum + child.fileBytes, 0)
    const node = { cid, offset: block.offset, sizeBytes: block.sizeBytes, fileBytes, children }
    known.set(key, node)
    return node
  }
  return build(cid)
}

/** The blocks of `node` in the order of the file (depth first), `node` itself first. */
export function* walk(node: DagNode): Generator<DagNode, void> {
  yield node
  for (const child of node.children) yield* walk(child)
}

/** The ranges of the CAR file that make up the content's file. */
export function fileParts(node: DagNode): Extent[] {
  const leaves = [...walk(node)].filter(({ cid }) => isLeaf(cid))
  return leaves.map(({ offset, sizeBytes }) => ({ offset, sizeBytes }))
}

export interface CarSelection {
  /** `block`: only the root block. `entity` and `all` are the same for a single file. */
  scope: 'block' | 'entity' | 'all'
  /** Only the blocks that these bytes of the file need; both inclusive, negative ones count from the end. */
  entityBytes?: { from: number; to: number | undefined } | undefined
  /** Whether a block that occurs twice in the DAG is sent twice. */
  dups: boolean
}

/**
 * The parts of a CAR of the DAG, its blocks depth first.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export function carParts(root: DagNode, { scope, entityBytes, dups }: CarSelection): Part[] {
  const range = entityBytes && absoluteRange(entityBytes, root.fileBytes)
  const parts: Part[] = [carHeader(root.cid)]
  const sent = new Set<string>()
  function add(node: DagNode, start: number) {
    const key = node.cid.toString()
    // The bytes of an identity CID are in the CID: the specification wants no block for them.
    if (node.cid.multihash.code !== identity.code && (dups || !sent.has(key))) {
      parts.push(frameStart(node.cid, node.sizeBytes), { offset: node.offset, sizeBytes: node.sizeBytes })
      sent.add(key)
    }
    if (scope === 'block') return
    let childStart = start
    for (const child of node.children) {
      const end = childStart + child.fileBytes
      if (!range || (childStart <= range.to && end > range.from)) add(child, childStart)
      childStart = end
    }
  }
  add(root, 0)
  return parts
}

function absoluteRange({ from, to = -1 }: { from: number; to: number | undefined }, fileBytes: number) {
  const fromStart = (position: number) => (position < 0 ? position + fileBytes : position)
  return { from: Math.max(0, fromStart(from)), to: fromStart(to) }
}

/** The bytes from `start` to `end` of what `parts` make up, both inclusive. */
export function sliceParts(parts: readonly Part[], { start, end }: { start: number; end: number }): Part[] {
  const sliced: Part[] = []
  let position = 0
  for (const part of parts) {
    const from = Math.max(0, start - position)
    const to = Math.min(partSizeBytes(part), end + 1 - position)
    if (from < to) {
      sliced.push(
        part instanceof Uint8Array
          ? part.subarray(from, to)
          : { offset: part.offset + from, sizeBytes: to - from },
      )
    }
    position += partSizeBytes(part)
  }
  return sliced
}
