import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { ReadableStream } from 'node:stream/web'
import { BytesResponse } from '#lib/http/bytes/bytes-response.ts'
import { type ByteIterator, iterate } from '#lib/platform/byte-iterator.ts'
import { compress, isCompressible } from './compress.ts'

/**
 * Sends `answer` as the response of Node.js, no faster than the client reads. Its body is let go of as soon as the client
 * is gone, whether before the head, after it or in the middle, and where the method is `HEAD`.
 *
 * @throws what reading the body throws; nothing has been sent if that was its first byte
 */
export async function sendResponse(answer: Response, response: ServerResponse): Promise<void> {
  const content = contentOf(answer)
  if (!content || Buffer.isBuffer(content)) {
    const isCompressed = content && isCompressible(answer, content)
    const body = isCompressed
      ? await compress(answer, content, response.req.headers['accept-encoding']?.toString())
      : content
    if (!response.destroyed) writeHead(answer, response).end(isBodyWanted(response) ? body : undefined)
    return
  }
  const letGo = () => void content.return().catch(() => {})
  response.once('close', letGo)
  try {
    if (isBodyWanted(response)) await sendPieces(content, answer, response)
    else if (!response.destroyed) writeHead(answer, response).end()
  } finally {
    response.off('close', letGo)
    letGo()
  }
}

function contentOf(answer: Response): Buffer | ByteIterator | undefined {
  if (answer instanceof BytesResponse) return answer.content
  // `ReadableStream` is one class at run time, but has two types: that of Node.js and that of browsers.
  return answer.body ? iterate(answer.body as ReadableStream<Uint8Array>) : undefined
}

const isBodyWanted = ({ destroyed, req }: ServerResponse) => !destroyed && req.method !== 'HEAD'

/** The piece that completes what `Content-Length` says goes with the end, so that a small body is one write with its head. */
async function sendPieces(pieces: ByteIterator, answer: Response, response: ServerResponse): Promise<void> {
  let piece = await pieces.next()
  if (response.destroyed) return
  const sizeBytes = Number(answer.headers.get('Content-Length') ?? Number.POSITIVE_INFINITY)
  writeHead(answer, response)
  let spent: Uint8Array | undefined
  for (let sentBytes = 0; !piece.done; piece = await pieces.next(spent)) {
    const { value } = piece
    sentBytes += value.byteLength
    if (sentBytes === sizeBytes) return void response.end(value)
    spent = undefined
    const isTaken = response.write(value, () => {
      spent = value
    })
    if (!isTaken) await drained(response)
    if (response.destroyed) return
  }
  response.end()
}

function writeHead({ status, statusText, headers }: Response, response: ServerResponse): ServerResponse {
  const all: string[] = []
  for (const [name, value] of headers) all.push(name, value)
  // Some players fail on a status line without a reason phrase.
  return response.writeHead(status, statusText || STATUS_CODES[status], all)
}

/** Resolves when the client has taken what was written, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
    if (response.destroyed) done()
  })
}
