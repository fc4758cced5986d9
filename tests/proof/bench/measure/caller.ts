import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const BUFFER_BYTES = 64 * 1024
/** One for all connections: what is read is looked at before the next read, and a small buffer stays in the processor's cache. */
const buffer = Buffer.allocUnsafe(BUFFER_BYTES)
const KEPT_BYTES = 4096
const NOTHING = Buffer.alloc(0)
const END_OF_CHUNKS = '\r\n0\r\n\r\n'

/** What a caller sends. */
export interface CallerRequest {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string
}

/** When things came, by `performance.now()`. */
export interface CallerAnswer {
  status: number
  sentAt: number
  /** The first byte of the body; the end where there is none. */
  firstByteAt: number
  endedAt: number
  /** The beginning of the body, as far as it came with the first read. */
  beginning: string
}

/**
 * One connection that sends one request after the other, and does as little as can be for an answer: it finds its end and
 * throws its bytes away, so that fast servers are not measured by a slow load.
 */
export class Caller {
  readonly #socket: Socket
  readonly #host: string
  #waiting: { finish(answer: CallerAnswer): void; fail(error: Error): void } | undefined
  /** Of a head that has come in part. */
  #begun: Buffer = NOTHING
  #isHeadOnly = false
  #answer: CallerAnswer = blankAnswer()
  /** What is still to come of the body; `Infinity` for one in chunks. */
  #missingBytes = 0
  #tail = ''
  #isInBody = false

  private constructor(socket: Socket, host: string) {
    this.#socket = socket
    this.#host = host
  }

  static async open(baseUrl: string): Promise<Caller> {
    const { hostname, port, host } = new URL(baseUrl)
    let caller: Caller | undefined
    const callback = (size: number) => {
      caller?.read(buffer, size)
      return true
    }
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer, callback },
    })
    await once(socket, 'connect')
    const opened = new Caller(socket, host)
    caller = opened
    socket.on('error', (error) => opened.#fail(error))
    socket.on('close', () => opened.#fail(new Error(`${baseUrl} closed the connection`)))
    return opened
  }

  /** A request as bytes, which may be sent many times. */
  prepare({ method = 'GET', path, headers = {}, body }: CallerRequest): string {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const lines = Object.entries({ host: this.#host, ...headers, ...length }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    )
    return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`
  }

  /** @throws Error when the connection ends before the answer does */
  send(prepared: string): Promise<CallerAnswer> {
    this.#begun = NOTHING
    this.#tail = ''
    this.#isInBody = false
    this.#isHeadOnly = prepared.startsWith('HEAD ')
    this.#answer = blankAnswer()
    this.#answer.sentAt = performance.now()
    return new Promise((finish, fail) => {
      this.#waiting = { finish, fail }
      this.#socket.write(prepared)
    })
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  read(buffer: Buffer, size: number): void {
    const bytes = buffer.subarray(0, size)
    if (this.#isInBody) {
      this.#readBody(bytes)
      return
    }
    const all = this.#begun.length > 0 ? Buffer.concat([this.#begun, bytes]) : bytes
    const end = all.indexOf('\r\n\r\n', 0, 'latin1')
    // The buffer is written over by what comes next.
    if (end < 0) this.#begun = Buffer.from(all)
    else this.#readHead(all.toString('latin1', 0, end), all.subarray(end + 4))
  }

  #readHead(head: string, rest: Buffer): void {
    this.#answer.status = Number(head.slice(9, 12))
    const length = head.match(/\r\ncontent-length: *(\d+)/i)?.[1]
    const isChunked = length === undefined && /\r\ntransfer-encoding: *chunked/i.test(head)
    const hasNoBody = this.#isHeadOnly || this.#answer.status === 304 || this.#answer.status === 204
    this.#missingBytes = hasNoBody ? 0 : isChunked ? Number.POSITIVE_INFINITY : Number(length ?? 0)
    this.#isInBody = true
    this.#readBody(rest)
  }

  #readBody(bytes: Buffer): void {
    if (bytes.length > 0 && this.#answer.firstByteAt === 0) {
      this.#answer.firstByteAt = performance.now()
      this.#answer.beginning = bytes.toString('latin1', 0, Math.min(KEPT_BYTES, bytes.length))
    }
    if (this.#missingBytes === Number.POSITIVE_INFINITY) {
      const last = bytes.toString('latin1', Math.max(0, bytes.length - END_OF_CHUNKS.length))
      this.#tail = `${this.#tail}${last}`.slice(-END_OF_CHUNKS.length)
      // An empty body is the last chunk alone.
      if (this.#tail === END_OF_CHUNKS || this.#tail === END_OF_CHUNKS.slice(2)) this.#finish()
      return
    }
    this.#missingBytes -= bytes.length
    if (this.#missingBytes <= 0) this.#finish()
  }

  #finish(): void {
    const answer = this.#answer
    answer.endedAt = performance.now()
    answer.firstByteAt ||= answer.endedAt
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.finish(answer)
  }

  #fail(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.fail(error)
  }
}

const blankAnswer = (): CallerAnswer => ({ status: 0, sentAt: 0, firstByteAt: 0, endedAt: 0, beginning: '' })
