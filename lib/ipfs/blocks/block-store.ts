import { statSync } from 'node:fs'
import {
  type FileHandle,
  lstat,
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
import { CID } from 'multiformats'
import type { ByteIterator } from '#lib/platform/byte-iterator.ts'
import type { Part } from '#lib/platform/file-parts.ts'
import { draftPath, nullIfMissing, nullOn, syncDirectory } from '#lib/platform/files.ts'
import { HOUR_MS } from '#lib/platform/units.ts'
import { createVerifiedFiles, fileVersion, type VerifiedFiles } from '#lib/platform/verified-files.ts'
import { carHeader, frameStart } from './car.ts'
import { checkBlocks, openFile, readParts } from './car-file.ts'
import { scanCar } from './car-index.ts'
import { readCar, WrongContentError } from './car-reader.ts'
import { createRecentDags, type KnownCar } from './recent-dags.ts'
import { type BlockIndex, buildDag, type DagNode, isLeaf, linksIn, walk } from './unixfs.ts'

/** The subdirectory of files that are being written. One that is an hour old was left by a crash. */
export const UNFINISHED_DIRECTORY = 'unfinished'
const UNFINISHED_MAX_AGE_MS = HOUR_MS
const CAR_SUFFIX = '.car'

/** Content that a block store has: a clip, or a block of one. */
export interface LocalDag {
  dag: DagNode
  /** Reads the bytes of `parts`. @throws when the CAR file is not there any more, or was replaced */
  read(parts: readonly Part[]): Promise<ByteIterator>
  /** The content as a file, which is read from disk each time it is streamed. */
  file(): Promise<Blob>
}

/** A CAR file of a block store. */
export interface CarEntry {
  cid: string
  sizeBytes: number
  /** When the clip was last used, in milliseconds since the epoch. */
  usedAt: number
}

/**
 * An IPFS block store on disk: a CAR (v1) for each clip, named by the clip's CID, and a symbolic link to it for each
 * further block, named by the block's CID.
 */
export interface BlockStore {
  /**
   * Checks every block of `car` against its CID and the whole against `root`, then writes it: once this has resolved, a
   * crash loses nothing. A file that has the same content stays, unless it is damaged: then this one takes its place.
   *
   * @throws WrongContentError when it is not the DAG of `root`, or has more than `maxBytes`; whatever the disk throws
   */
  put(
    root: string,
    car: AsyncIterable<Uint8Array>,
    options?: { maxBytes?: number; signal?: AbortSignal },
  ): Promise<void>
  /**
   * A clip or any block of one, with every byte of it verified; `null` if it is not in the store.
   *
   * @throws WrongContentError when it is damaged; whatever the disk throws
   */
  open(cid: string): Promise<LocalDag | null>
  /** The CID of the clip that a block belongs to, even if the clip was deleted; `null` for a block never seen. */
  rootOf(cid: string): Promise<string | null>
  /** Records that a clip was used at `at`, in milliseconds since the epoch. */
  touch(root: string, at: number): Promise<void>
  /** Deletes a clip. `rootOf` still knows its blocks. */
  delete(root: string): Promise<void>
  /** All clips. */
  list(): AsyncIterable<CarEntry>
}

export function createBlockStore({
  directory,
  verifiedFiles = createVerifiedFiles(),
}: {
  directory: string
  verifiedFiles?: VerifiedFiles
}): BlockStore {
  // Kubo's rule: all CIDs begin alike, and the last character has few values, so the two before it spread best.
  const shardOf = (cid: string) => cid.slice(-3, -1)
  const pathOf = (cid: string) => path.join(directory, shardOf(cid), `${cid}${CAR_SUFFIX}`)

  async function makeShard(cid: string) {
    const made = await mkdir(path.dirname(pathOf(cid)), { recursive: true })
    if (made) await syncDirectory(path.dirname(made))
    if (made) await syncDirectory(directory)
  }

  const recentDags = createRecentDags()
  const unfinishedDirectory = path.join(directory, UNFINISHED_DIRECTORY)
  let cleanedUp: Promise<void> | undefined

  /** Makes a symbolic link to the CAR for each block but the root. */
  async function linkBlocks(dag: DagNode) {
    const root = dag.cid.toString()
    const inner = new Set([...walk(dag)].map(({ cid }) => cid.toString()))
    inner.delete(root)
    for (const cid of inner) {
      await makeShard(cid)
      const target = path.join('..', shardOf(root), `${root}${CAR_SUFFIX}`)
      await symlink(target, pathOf(cid)).catch(nullOn('EEXIST'))
      await syncDirectory(path.dirname(pathOf(cid)))
    }
  }

  async function openDag(cid: string): Promise<LocalDag | null> {
    const carPath = pathOf(cid)
    // At once, which takes a fraction of the way to another thread and back.
    const stats = statSync(carPath, { bigint: true, throwIfNoEntry: false })
    if (!stats) return null
    const car =
      recentDags.find({ path: carPath, version: fileVersion(stats) }) ?? (await indexCar(carPath, cid))
    if (!car) return null
    recentDags.keep(car)
    const { dag } = car
    return { dag, read: (parts) => readParts(car, parts), file: () => openFile(carPath, dag) }
  }

  async function indexCar(carPath: string, cid: string): Promise<KnownCar | null> {
    const handle = await open(carPath).catch(nullIfMissing)
    if (!handle) return null
    try {
      const version = fileVersion(await handle.stat({ bigint: true }))
      const dag = buildDag(CID.parse(cid), await scanCar(handle))
      await verifiedFiles.once(carPath, version, () => checkBlocks(handle, dag))
      return { path: carPath, version, dag }
    } finally {
      await handle.close()
    }
  }

  /** Whether the clip has a file of its own, and an undamaged one. */
  async function isWhole(root: string): Promise<boolean> {
    const stats = await lstat(pathOf(root)).catch(nullIfMissing)
    const dag = stats?.isFile() ? await openDag(root).catch(() => null) : null
    return dag !== null
  }

  return {
    async put(root, car, { maxBytes = Number.POSITIVE_INFINITY, signal } = {}) {
      signal?.throwIfAborted()
      await makeShard(root)
      const carPath = pathOf(root)
      const unfinished = draftPath(path.join(unfinishedDirectory, root))
      cleanedUp ??= deleteOldFiles(unfinishedDirectory)
      await cleanedUp.catch(() => {})
      await mkdir(unfinishedDirectory, { recursive: true })
      const handle = await open(unfinished, 'wx')
      try {
        const index = await writeBlocks(handle, CID.parse(root), car, { maxBytes, signal })
        const dag = buildDag(CID.parse(root), index)
        // Whole seconds, which `touch` can write back exactly: with another mtime the file would count as another one.
        const seconds = Math.floor(Date.now() / 1000)
        await handle.utimes(seconds, seconds)
        await handle.sync()
        const version = fileVersion(await handle.stat({ bigint: true }))
        await linkBlocks(dag)
        if (await isWhole(root)) {
          await rm(unfinished)
        } else {
          await rename(unfinished, carPath)
          await verifiedFiles.once(carPath, version, async () => {})
        }
        await syncDirectory(path.dirname(carPath))
      } catch (error) {
        await rm(unfinished, { force: true })
        throw error
      } finally {
        await handle.close()
      }
    },

    open: openDag,

    async rootOf(cid) {
      const target = await readlink(pathOf(cid)).catch(nullOn('ENOENT', 'EINVAL'))
      if (target) return path.basename(target, CAR_SUFFIX)
      return (await stat(pathOf(cid)).catch(nullIfMissing)) ? cid : null
    },

    async touch(root, at) {
      const stats = await stat(pathOf(root)).catch(nullIfMissing)
      const modifiedSeconds = Math.floor((stats?.mtimeMs ?? 0) / 1000)
      if (stats) await utimes(pathOf(root), at / 1000, modifiedSeconds).catch(nullIfMissing)
    },

    async delete(root) {
      await rm(pathOf(root), { force: true })
    },

    async *list() {
      const entries = await opendir(directory, { recursive: true }).catch(nullIfMissing)
      for await (const entry of entries ?? []) {
        const carPath = path.join(entry.parentPath, entry.name)
        if (!entry.isFile() || !entry.name.endsWith(CAR_SUFFIX)) continue
        const stats = await stat(carPath).catch(nullIfMissing)
        if (stats)
          yield { cid: path.basename(entry.name, CAR_SUFFIX), sizeBytes: stats.size, usedAt: stats.atimeMs }
      }
    },
  }
}

/** Deletes what a crash left an hour ago or earlier. */
async function deleteOldFiles(directory: string) {
  for (const name of (await readdir(directory).catch(nullIfMissing)) ?? []) {
    const filePath = path.join(directory, name)
    const stats = await stat(filePath).catch(nullIfMissing)
    if (stats && stats.mtimeMs < Date.now() - UNFINISHED_MAX_AGE_MS) await rm(filePath, { force: true })
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
    if (offset > maxBytes) throw new WrongContentError(`The content has more than ${maxBytes} bytes`)
  }
  return index
}

async function append(handle: FileHandle, bytes: Uint8Array): Promise<number> {
  await handle.writeFile(bytes)
  return bytes.byteLength
}
