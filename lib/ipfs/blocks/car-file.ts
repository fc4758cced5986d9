import { openAsBlob } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { ReadableStream } from 'node:stream/web'
import { WrongContentError } from './car-reader.ts'
import { type DagNode, fileParts, type Part } from './unixfs.ts'

const READ_BYTES = 256 * 1024

/** Streams `parts`, those in the CAR file `carPath` from there. @throws when the file is not there */
export async function readParts(
  carPath: string,
  parts: readonly Part[],
): Promise<ReadableStream<Uint8Array>> {
  const handle = await open(carPath)
  async function* chunks() {
    try {
      for (const part of parts) {
        if (part instanceof Uint8Array) yield part
        else yield* chunksOf(handle, part.offset, part.sizeBytes)
      }
    } finally {
      await handle.close()
    }
  }
  return streamOf(chunks(), () => handle.close())
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

/** `close` is for a stream that is cancelled before it was read: a generator that has not begun runs no `finally`. */
function streamOf(chunks: AsyncGenerator<Uint8Array, void>, close: () => Promise<void>) {
  let hasBegun = false
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        hasBegun = true
        const { value, done } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        if (hasBegun) await chunks.return()
        else await close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** The file whose DAG a CAR holds, as a blob that reads the CAR each time it is streamed. */
export async function openFile(carPath: string, dag: DagNode): Promise<Blob> {
  const car = await openAsBlob(carPath)
  return new Blob(fileParts(dag).map(({ offset, sizeBytes }) => car.slice(offset, offset + sizeBytes)))
}
