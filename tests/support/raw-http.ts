import { once } from 'node:events'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A response as it came over the wire: nothing decoded, nothing joined. */
export interface RawResponse {
  status: number
  /** By lower-case name; the last one wins. */
  headers: Record<string, string>
  /** Everything after the head, chunk sizes included where the body is chunked. */
  body: Buffer
}

/**
 * Sends `head` (request line and headers, one a line) and `body` over a socket of its own and reads until the server hangs
 * up. `Host` and `Connection: close` are added.
 */
export async function rawRequest(
  baseUrl: string,
  head: string[],
  body: string | Uint8Array = '',
): Promise<RawResponse> {
  const { hostname, port } = new URL(baseUrl)
  const socket = connect(Number(port), hostname)
  socket.setTimeout(10_000, () => socket.destroy(new Error('The server did not hang up')))
  await once(socket, 'connect')
  const lines = head.some((line) => /^host:/i.test(line)) ? head : [...head, `Host: ${hostname}:${port}`]
  socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`)
  socket.write(body)
  return parse(await buffer(socket))
}

function parse(response: Buffer): RawResponse {
  const end = response.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = response.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  return { status: Number(statusLine.split(' ')[1]), headers, body: response.subarray(end + 4) }
}
