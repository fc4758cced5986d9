import { type ByteIterator, type BytesInMemory, streamOf } from '#lib/platform/byte-iterator.ts'

/**
 * An answer that becomes a stream of the web only for those who read it as one, such as Next.js: the front sends `content`
 * as it is, which takes a fraction of the time.
 */
export class BytesResponse extends Response {
  /** The whole, whose length the headers then say, or its pieces. */
  readonly content: Buffer | ByteIterator
  #ordinary: Response | undefined

  constructor(content: Buffer | ByteIterator | BytesInMemory, init: ResponseInit = {}) {
    const { headers, status = 200, statusText = '' } = init
    const isReady = headers instanceof Headers
    super(null, { status, statusText, ...(headers && !isReady && { headers }) })
    // As they are: the constructor would read and check each of them once more.
    if (isReady) Object.defineProperty(this, 'headers', { value: headers })
    this.content = 'whole' in content ? content.whole : content
    if (Buffer.isBuffer(content)) this.headers.set('Content-Length', String(content.byteLength))
  }

  /** Lets go of pieces that were not read. */
  async cancel(): Promise<void> {
    if (this.#ordinary) await this.#ordinary.body?.cancel()
    else if (!Buffer.isBuffer(this.content)) await this.content.return()
  }

  #asOrdinary(): Response {
    this.#ordinary ??= new Response(asBody(this.content), this)
    return this.#ordinary
  }

  override get body() {
    return this.#asOrdinary().body
  }

  override get bodyUsed() {
    return this.#ordinary?.bodyUsed ?? false
  }

  override arrayBuffer() {
    return this.#asOrdinary().arrayBuffer()
  }

  override blob() {
    return this.#asOrdinary().blob()
  }

  override bytes() {
    return this.#asOrdinary().bytes()
  }

  override clone() {
    return this.#asOrdinary().clone()
  }

  override formData() {
    return this.#asOrdinary().formData()
  }

  override json() {
    return this.#asOrdinary().json()
  }

  override text() {
    return this.#asOrdinary().text()
  }
}

// `ReadableStream` is one class at run time, but has two types: that of Node.js and that of browsers.
const asBody = (content: Buffer | ByteIterator) =>
  (Buffer.isBuffer(content) ? content : streamOf(content)) as BodyInit
