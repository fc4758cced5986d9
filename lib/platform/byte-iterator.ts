import { ReadableStream } from 'node:stream/web'

/** Bytes that are read piece by piece, once. A generator is one, and opens nothing before it is asked for the first piece. */
export interface ByteIterator {
  /** `spent`: a piece of this iterator that nobody needs any more. The next one may be read into its memory. */
  next(...spent: [] | [Uint8Array | undefined]): Promise<IteratorResult<Uint8Array, unknown>>
  /** Lets go of the bytes that were not read, whether or not the first of them was. */
  return(value?: undefined): Promise<IteratorResult<Uint8Array, unknown>>
  [Symbol.asyncIterator](): ByteIterator
}

/** Bytes that are in memory as a whole. Those who can send that at once find it as `whole`. */
export interface BytesInMemory extends ByteIterator {
  readonly whole: Buffer
}

export function bytesInMemory(whole: Buffer): BytesInMemory {
  let isRead = whole.byteLength === 0
  const end = { done: true, value: undefined } as const
  const bytes: BytesInMemory = {
    whole,
    async next() {
      if (isRead) return end
      isRead = true
      return { done: false, value: whole }
    },
    async return() {
      isRead = true
      return end
    },
    [Symbol.asyncIterator]: () => bytes,
  }
  return bytes
}

/** The bytes of a stream. In contrast to its own iterator, `return` does not wait for a piece that is on its way. */
export function iterate(stream: ReadableStream<Uint8Array>): ByteIterator {
  const reader = stream.getReader()
  const bytes: ByteIterator = {
    next: () => reader.read(),
    async return() {
      await reader.cancel()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => bytes,
  }
  return bytes
}

/** The same as a stream, which reads nothing ahead. */
export function streamOf(bytes: ByteIterator): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await bytes.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await bytes.return()
      },
    },
    { highWaterMark: 0 },
  )
}
