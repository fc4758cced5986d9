import { openAsBlob } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { ReadableStream } from 'node:stream/web'
import { WrongContentError } from './car-reader.ts'
import { type DagNode, fileParts, type Part } from './unixfs.ts'

const READ_BYTES = 256 * 1024

/**
 * Streams `parts`, those in the CAR file `carPath` from there. The file is open only between the first read and the end,
 * so that a body which nobody ever reads holds none.
 *
 * @throws when the file is not there
 */
export async function readParts(
  carPath: string,
  parts: readonly Part[],
): Promise<ReadableStream<Uint8Array>> {
  await stat(carPath)
  return ReadableStream.from(chunks(carPath, parts))
}

async function* chunks(carPath: string, parts: readonly Part[]) {
  const handle = await open(carPath)
  try {
    for (const part of parts) {
      if (part instanceof Uint8Array) yield part
      else yield* chunksOf(handle, part.offset, part.sizeBytes)
    }
  } finally {
    await handle.close()
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
