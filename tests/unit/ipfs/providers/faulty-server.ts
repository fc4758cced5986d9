import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A real HTTP server on a free port of 127.0.0.1, for what goes wrong below HTTP. */
export async function startServer(handler: Handler) {
  const server = createServer((request, response) => {
    request.on('error', () => {})
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A server whose behaviour each test sets with `handle`. */
export async function startScriptedServer() {
  let current: Handler = (_, response) => response.end()
  const server = await startServer((request, response) => current(request, response))
  return {
    ...server,
    handle(handler: Handler) {
      current = handler
    },
  }
}

/** Runs `then` after the whole request has arrived. */
export function afterBody(then: Handler): Handler {
  return (request, response) => {
    request.resume()
    request.on('end', () => then(request, response))
  }
}
