/**
 * Work on bytes that yields wherever it needs more of them than have come, so that it can go on as they come without a
 * promise for each step.
 */
export type Reading<T> = Generator<undefined, T, undefined>

/** Reads bytes forwards, with a look ahead, as far as they have come. */
export interface ByteReader {
  /** The next `count` bytes, which stay unread; fewer only at the end. */
  peek(count: number): Reading<Buffer>
  /** Passes over `count` bytes. Returns how many there were: fewer only at the end. */
  skip(count: number): Reading<number>
  /** Passes over all bytes before the next `byte`. Returns how many; all that are left where there is none. */
  skipTo(byte: number): Reading<number>
}

/** A `ByteReader`, and the other end of it. */
export interface ByteFeed extends ByteReader {
  push(chunk: Uint8Array): void
  /** No more is to come. */
  end(): void
  /** What has come and was not read, which counts as read from now on. */
  takeUnread(): Buffer
}

const NOTHING = Buffer.alloc(0)

export function createByteFeed(): ByteFeed {
  let unread: Buffer = NOTHING
  /** What has come behind `unread`: joined to it only where so many bytes are wanted at once. */
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let isOver = false

  /** Has `count` bytes in `unread`. `false` while more must come. */
  function fill(count: number): boolean {
    if (unread.length >= count) return true
    if (unread.length + waitingBytes < count && !isOver) return false
    join()
    return true
  }

  function join() {
    if (waiting.length === 0) return
    unread =
      unread.length === 0 && waiting.length === 1
        ? (waiting[0] as Buffer)
        : Buffer.concat([unread, ...waiting])
    waiting = []
    waitingBytes = 0
  }

  function* skip(count: number): Reading<number> {
    let passed = 0
    for (;;) {
      const step = Math.min(count - passed, unread.length)
      unread = step === unread.length ? NOTHING : unread.subarray(step)
      passed += step
      if (passed === count) return passed
      while (!fill(1)) yield
      if (unread.length === 0) return passed
    }
  }

  return {
    push(chunk) {
      if (chunk.byteLength === 0) return
      waiting.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      waitingBytes += chunk.byteLength
    },
    end() {
      isOver = true
    },
    takeUnread() {
      join()
      const taken = unread
      unread = NOTHING
      return taken
    },
    *peek(count) {
      while (!fill(count)) yield
      return unread.subarray(0, count)
    },
    skip,
    *skipTo(byte) {
      let passed = 0
      for (;;) {
        while (!fill(1)) yield
        if (unread.length === 0) return passed
        const at = unread.indexOf(byte)
        passed += yield* skip(at < 0 ? unread.length : at)
        if (at >= 0) return passed
      }
    },
  }
}

/** Reads a stream of bytes as a `ByteReader` does. What the stream throws is thrown by each method. */
export interface StreamReader {
  peek(count: number): Promise<Buffer>
  skip(count: number): Promise<number>
  /** Does `work` to its end. */
  read<T>(work: (reader: ByteReader) => Reading<T>): Promise<T>
  /** Reads the stream to its end. */
  finish(): Promise<void>
}

export function createStreamReader(source: AsyncIterable<Uint8Array>): StreamReader {
  const chunks = source[Symbol.asyncIterator]()
  const feed = createByteFeed()

  async function read<T>(work: (reader: ByteReader) => Reading<T>): Promise<T> {
    const reading = work(feed)
    for (;;) {
      const step = reading.next()
      if (step.done) return step.value
      const { done, value } = await chunks.next()
      if (done) feed.end()
      else feed.push(value)
    }
  }

  return {
    read,
    peek: (count) => read((reader) => reader.peek(count)),
    skip: (count) => read((reader) => reader.skip(count)),
    async finish() {
      await read((reader) => reader.skip(Number.POSITIVE_INFINITY))
    },
  }
}
