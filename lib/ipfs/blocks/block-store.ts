import {
  type FileHandle,
  mkdir,
  open,
  opendir,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
} from 'node:fs/promises'
import path from 'node:path'
import type { ReadableStream } from 'node:stream/web'
import { CID } from 'multiformats'
import { draftPath, nullIfMissing, nullOn, syncDirectory } from '#lib/platform/files.ts'
import { carHeader, frameStart } from './car.ts'
import { openFile, readParts } from './car-file.ts'
import { scanCar } from './car-index.ts'
import { readCar, WrongContentError } from './car-reader.ts'
import { type BlockIndex, type DagNode, dagFrom, isLeaf, linksIn, type Part, walk } from './unixfs.ts'

/** What is being written; what lies there for an hour was left by a crash. */
export const UNFINISHED_DIRECTORY = 'unfinished'
const UNFINISHED_FOR_MS = 3_600_000
const CAR = '.car'

/** Content that is kept here: a clip, or a block of one. */
export interface KeptDag {
  dag: DagNode
  /** Opens the file and gives what `parts` say. @throws when the file has gone */
  read(parts: readonly Part[]): Promise<ReadableStream<Uint8Array>>
  /** The bytes of the file, streaming from here each time they are read. */
  file(): Promise<Blob>
}

/** A CAR as it lies on disk. */
export interface KeptCar {
  cid: string
  sizeBytes: number
  usedAt: number
}

/**
 * An IPFS block store on disk: one CAR (v1) a clip, named by its CID, and a link with the name of each further block
 * that leads to it.
 */
export interface BlockStore {
  /**
   * Checks every block of `car` against its CID and the whole against `root`, and keeps it: after it resolves a crash
   * loses nothing. Keeping what is kept already changes nothing.
   *
   * @throws WrongContentError when it is anything else than the DAG of `root`; whatever the disk throws
   */
  put(
    root: string,
    car: AsyncIterable<Uint8Array>,
    options?: { maxBytes?: number; signal?: AbortSignal },
  ): Promise<void>
  /** A clip or any block of one; `null` where it is not here. */
  open(cid: string): Promise<KeptDag | null>
  /** The clip that a block belongs to, whether or not that is here now; `null` where the block was never here. */
  rootOf(cid: string): Promise<string | null>
  /** Remembers that a clip was used at `at`, in milliseconds since the epoch. */
  touch(root: string, at: number): Promise<void>
  /** Deletes a clip; its blocks are still known. */
  delete(root: string): Promise<void>
  /** All clips. */
  list(): AsyncIterable<KeptCar>
}

export function createBlockStore({ directory }: { directory: string }): BlockStore {
  // As Kubo does it: CIDs begin alike, and the last character of one has few values.
  const shardOf = (cid: string) => cid.slice(-3, -1)
  const placeOf = (cid: string) => path.join(directory, shardOf(cid), `${cid}${CAR}`)

  async function makeShard(cid: string) {
    const made = await mkdir(path.dirname(placeOf(cid)), { recursive: true })
    if (made) await syncDirectory(path.dirname(made))
    if (made) await syncDirectory(directory)
  }

  const unfinishedDirectory = path.join(directory, UNFINISHED_DIRECTORY)
  let cleared: Promise<void> | undefined

  /** Leads from the name of each inner block to the CAR. */
  async function linkBlocks(dag: DagNode) {
    const root = dag.cid.toString()
    const inner = new Set([...walk(dag)].map(({ cid }) => cid.toString()))
    inner.delete(root)
    for (const cid of inner) {
      await makeShard(cid)
      const target = path.join('..', shardOf(root), `${root}${CAR}`)
      await symlink(target, placeOf(cid)).catch(nullOn('EEXIST'))
      await syncDirectory(path.dirname(placeOf(cid)))
    }
  }

  return {
    async put(root, car, { maxBytes = Number.POSITIVE_INFINITY, signal } = {}) {
      signal?.throwIfAborted()
      await makeShard(root)
      const place = placeOf(root)
      const unfinished = draftPath(path.join(unfinishedDirectory, root))
      cleared ??= clearAway(unfinishedDirectory)
      await cleared.catch(() => {})
      await mkdir(unfinishedDirectory, { recursive: true })
      const handle = await open(unfinished, 'wx')
      try {
        const index = await writeBlocks(handle, CID.parse(root), car, { maxBytes, signal })
        const dag = dagFrom(CID.parse(root), index)
        // In whole seconds, so that `touch` can leave it as it is: a file-backed blob counts a new one as a change.
        const seconds = Math.floor(Date.now() / 1000)
        await handle.utimes(seconds, seconds)
        await handle.sync()
        await linkBlocks(dag)
        await rename(unfinished, place)
        await syncDirectory(path.dirname(place))
      } catch (error) {
        await rm(unfinished, { force: true })
        throw error
      } finally {
        await handle.close()
      }
    },

    async open(cid) {
      const place = placeOf(cid)
      const handle = await open(place).catch(nullIfMissing)
      if (!handle) return null
      try {
        const dag = dagFrom(CID.parse(cid), await scanCar(handle))
        return { dag, read: (parts) => readParts(place, parts), file: () => openFile(place, dag) }
      } finally {
        await handle.close()
      }
    },

    async rootOf(cid) {
      const target = await readlink(placeOf(cid)).catch(nullOn('ENOENT', 'EINVAL'))
      if (target) return path.basename(target, CAR)
      return (await stat(placeOf(cid)).catch(nullIfMissing)) ? cid : null
    },

    async touch(root, at) {
      const facts = await stat(placeOf(root)).catch(nullIfMissing)
      if (facts) await utimes(placeOf(root), at / 1000, facts.mtimeMs / 1000).catch(nullIfMissing)
    },

    async delete(root) {
      await rm(placeOf(root), { force: true })
    },

    async *list() {
      const entries = await opendir(directory, { recursive: true }).catch(nullIfMissing)
      for await (const entry of entries ?? []) {
        const place = path.join(entry.parentPath, entry.name)
        if (!entry.isFile() || !entry.name.endsWith(CAR)) continue
        const facts = await stat(place).catch(nullIfMissing)
        if (facts) yield { cid: path.basename(entry.name, CAR), sizeBytes: facts.size, usedAt: facts.atimeMs }
      }
    },
  }
}

async function clearAway(directory: string) {
  for (const name of (await readdir(directory).catch(nullIfMissing)) ?? []) {
    const place = path.join(directory, name)
    const facts = await stat(place).catch(nullIfMissing)
    if (facts && facts.mtimeMs < Date.now() - UNFINISHED_FOR_MS) await rm(place, { force: true })
  }
}

async function writeBlocks(
  handle: FileHandle,
  root: CID,
  car: AsyncIterable<Uint8Array>,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal | undefined },
): Promise<BlockIndex> {
  const index: BlockIndex = new Map()
  let offset = await append(handle, carHeader(root))
  for await (const { cid, bytes } of readCar(car)) {
    signal?.throwIfAborted()
    const key = cid.toString()
    if (index.has(key)) continue
    offset += await append(handle, frameStart(cid, bytes.byteLength))
    const links = isLeaf(cid) ? {} : { links: linksIn(cid, bytes) }
    index.set(key, { offset, sizeBytes: bytes.byteLength, ...links })
    offset += await append(handle, bytes)
    if (offset > maxBytes) throw new WrongContentError(`It has more than ${maxBytes} bytes`)
  }
  return index
}

async function append(handle: FileHandle, bytes: Uint8Array): Promise<number> {
  await handle.writeFile(bytes)
  return bytes.byteLength
}
