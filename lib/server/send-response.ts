import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { ReadableStream } from 'node:stream/web'

/**
 * Sends `answer` as the response of Node.js, no faster than the client reads. Its body is cancelled as soon as the client
 * is gone, whether before the head, after it or in the middle, and where the method is `HEAD`.
 *
 * @throws what reading the body throws; nothing has been sent if that was its first byte
 */
export async function sendResponse(answer: Response, response: ServerResponse): Promise<void> {
  const { status, statusText, headers } = answer
  // `ReadableStream` is one class at run time, but has two types: that of Node.js and that of browsers.
  const reader = (answer.body as ReadableStream<Uint8Array> | null)?.getReader()
  const cancel = () => void reader?.cancel().catch(() => {})
  response.once('close', cancel)
  try {
    const isBodyWanted = !response.destroyed && response.req.method !== 'HEAD'
    let chunk = isBodyWanted ? await reader?.read() : undefined
    if (response.destroyed) return
    // Some players fail on a status line without a reason phrase.
    response.setHeaders(headers).writeHead(status, statusText || STATUS_CODES[status])
    for (; chunk && !chunk.done; chunk = await reader?.read()) {
      if (!response.write(chunk.value)) await drained(response)
      if (response.destroyed) return
    }
    response.end()
  } finally {
    response.off('close', cancel)
    cancel()
  }
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
