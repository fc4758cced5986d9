/** Reads a stream of bytes forwards, with a look ahead. What the stream throws is thrown by each method. */
export interface ByteReader {
  /** The next `count` bytes, which stay unread; fewer only at the end of the stream. */
  peek(count: number): Promise<Buffer>
  /** Passes over `count` bytes. Returns how many there were: fewer only at the end of the stream. */
  skip(count: number): Promise<number>
  /** Passes over all bytes before the next `byte`. Returns how many; all that are left where there is none. */
  skipTo(byte: number): Promise<number>
  /** What is unread, chunk by chunk. */
  rest(): AsyncGenerator<Uint8Array>
}

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]()
  let unread: Buffer = Buffer.alloc(0)
  let isOver = false

  /** Reads until `count` bytes are unread. Returns whether there are any. */
  async function fill(count: number): Promise<boolean> {
    const parts = [unread]
    for (let sizeBytes = unread.length; sizeBytes < count && !isOver; ) {
      const { done, value } = await chunks.next()
      isOver = done === true
      if (done) break
      parts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
      sizeBytes += value.byteLength
    }
    if (parts.length > 1) unread = Buffer.concat(parts)
    return unread.length > 0
  }

  async function skip(count: number): Promise<number> {
    let passed = 0
    while (passed < count && (await fill(1))) {
      const step = Math.min(count - passed, unread.length)
      unread = unread.subarray(step)
      passed += step
    }
    return passed
  }

  return {
    async peek(count) {
      await fill(count)
      return unread.subarray(0, count)
    },
    skip,
    async skipTo(byte) {
      let passed = 0
      while (await fill(1)) {
        const at = unread.indexOf(byte)
        passed += await skip(at < 0 ? unread.length : at)
        if (at >= 0) break
      }
      return passed
    },
    async *rest() {
      while (await fill(1)) {
        const chunk = unread
        unread = Buffer.alloc(0)
        yield chunk
      }
    },
  }
}
