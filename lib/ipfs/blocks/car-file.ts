import { type BigIntStats, openAsBlob } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { ReadableStream } from 'node:stream/web'
import { fileVersion } from '#lib/platform/verified-files.ts'
import { checkBlock, WrongContentError } from './car-reader.ts'
import { type DagNode, fileParts, type Part, walk } from './unixfs.ts'

const READ_BYTES = 256 * 1024

/** A CAR file as it was when its blocks were indexed and verified. */
export interface CarFile {
  path: string
  /** As `fileVersion` gives it. */
  version: string
}

/**
 * Streams `parts`, those in the CAR file from there. The file is open only between the first read and the end, so that a
 * body which nobody ever reads holds none.
 *
 * @throws when the file is not there any more, or is another one
 */
export async function readParts(file: CarFile, parts: readonly Part[]): Promise<ReadableStream<Uint8Array>> {
  refuseOther(file, await stat(file.path, { bigint: true }))
  return ReadableStream.from(chunks(file, parts))
}

async function* chunks(file: CarFile, parts: readonly Part[]) {
  const handle = await open(file.path)
  try {
    refuseOther(file, await handle.stat({ bigint: true }))
    for (const part of parts) {
      if (part instanceof Uint8Array) yield part
      else yield* chunksOf(handle, part.offset, part.sizeBytes)
    }
  } finally {
    await handle.close()
  }
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

async function* chunksOf(handle: FileHandle, offset: number, sizeBytes: number) {
  for (let read = 0; read < sizeBytes; ) {
    const buffer = new Uint8Array(Math.min(READ_BYTES, sizeBytes - read))
    const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, offset + read)
    if (bytesRead === 0) throw new WrongContentError('A CAR in the block store was truncated')
    yield buffer.subarray(0, bytesRead)
    read += bytesRead
  }
}

/** The file whose DAG a CAR holds, as a blob that reads the CAR each time it is streamed. */
export async function openFile(carPath: string, dag: DagNode): Promise<Blob> {
  const car = await openAsBlob(carPath)
  return new Blob(fileParts(dag).map(({ offset, sizeBytes }) => car.slice(offset, offset + sizeBytes)))
}
