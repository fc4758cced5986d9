import { type BigIntStats, openAsBlob } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { ByteIterator } from '#lib/platform/byte-iterator.ts'
import { type Part, readFileParts } from '#lib/platform/file-parts.ts'
import { fileVersion } from '#lib/platform/verified-files.ts'
import { checkBlock } from './car-reader.ts'
import { type DagNode, fileParts, walk } from './unixfs.ts'

/** A CAR file as it was when its blocks were indexed and verified. */
export interface CarFile {
  path: string
  /** As `fileVersion` gives it. */
  version: string
}

/**
 * Reads `parts`, those in the CAR file from there.
 *
 * @throws when the file is not there any more, or is another one
 */
export function readParts(file: CarFile, parts: readonly Part[]): Promise<ByteIterator> {
  return readFileParts(file.path, (facts) => {
    refuseOther(file, facts)
    return parts
  })
}

/** The same blocks may stand elsewhere in a file that was written anew. */
function refuseOther({ version }: CarFile, stats: BigIntStats) {
  if (fileVersion(stats) !== version) throw new Error('A CAR in the block store was replaced meanwhile')
}

/**
 * Reads every block of `dag`, one at a time.
 *
 * @throws WrongContentError when one does not match its CID
 */
export async function checkBlocks(handle: FileHandle, dag: DagNode): Promise<void> {
  const blocks = new Map([...walk(dag)].map((node) => [node.offset, node]))
  for (const { cid, offset, sizeBytes } of blocks.values()) {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(sizeBytes), 0, sizeBytes, offset)
    checkBlock(cid, buffer.subarray(0, bytesRead))
  }
}

/** The file whose DAG a CAR holds, as a blob that reads the CAR each time it is streamed. */
export async function openFile(carPath: string, dag: DagNode): Promise<Blob> {
  const car = await openAsBlob(carPath)
  return new Blob(fileParts(dag).map(({ offset, sizeBytes }) => car.slice(offset, offset + sizeBytes)))
}
