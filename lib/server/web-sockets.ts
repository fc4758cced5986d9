import { on } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Config } from '#lib/config/index.ts'
import { writeConnectionHeader } from '#lib/http/client-address.ts'
import type { MessageSocket } from '#lib/http/drop-in/elevenlabs/stream-input/message-socket.ts'
import { settleOrigin } from '#lib/http/origin.ts'
import { countRequest } from '#lib/http/request-metrics.ts'
import type { Service } from '#lib/http/service.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { refuseForeign } from './refuse-foreign.ts'
import { refuseOnSocket } from './unreadable.ts'

const PATH = /^\/v1\/text-to-speech\/[^/?#]+\/(?:multi-)?stream-input(?:\?|$)/
/** As many messages wait for one that is being worked on before no more are read. */
const WAITING_MESSAGES = 100

/** A client that reads nothing for this long is disconnected. */
const STALLED_MS = 120_000

interface WebSocketsOptions {
  service: Pick<Service, 'openStreamInput'>
  trustedProxies: Config['access']['trustedProxies']
  maxMessageBytes: number
}

/** Whether a request asks for a WebSocket. Other upgrades may be ignored, and are: https://www.rfc-editor.org/rfc/rfc9110#section-7.8 */
export const isWebSocket = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket'

/** The WebSockets of the front, which Next.js has none of. */
export function createWebSockets({ service, trustedProxies, maxMessageBytes }: WebSocketsOptions) {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes })

  async function open(message: IncomingMessage) {
    refuseForeign(message)
    settleOrigin(message, trustedProxies)
    if (!PATH.test(message.url ?? '')) {
      throw new ServiceError('not_found', `There is no WebSocket at ${message.url?.split('?', 1)[0]}`)
    }
    return service.openStreamInput(asRequest(message))
  }

  return {
    upgrade(message: IncomingMessage, connection: Duplex, head: Buffer) {
      const { method, url } = message
      const startedAt = performance.now()
      let status = 101
      connection.on('error', () => {})
      connection.once('close', () =>
        countRequest({ method, url }, { status, durationMs: performance.now() - startedAt }),
      )
      writeConnectionHeader(message)
      open(message).then(
        (converse) =>
          server.handleUpgrade(message, connection, head, (socket) => void converse(messageSocket(socket))),
        (error: unknown) => {
          status = refuseOnSocket(error, connection)
        },
      )
    },
    /** Closes those that are still open, at once. */
    terminate() {
      for (const socket of server.clients) socket.terminate()
    },
  }
}

/** Nothing that a caller writes into `Host` becomes a part of the URL. */
function asRequest({ url = '', headersDistinct, headers }: IncomingMessage): Request {
  const all = Object.entries(headersDistinct).flatMap(([name, values]) =>
    (values ?? []).map((value): [string, string] => [name, value]),
  )
  const request = new Headers(all)
  // What the front has settled.
  for (const name of ['host', 'x-forwarded-proto', 'x-voicepin-connection']) {
    const value = headers[name]
    if (typeof value === 'string') request.set(name, value)
  }
  return new Request(new URL(url, 'http://localhost'), { headers: request })
}

function messageSocket(socket: WebSocket): MessageSocket {
  // A failure ends the connection, and with it the messages.
  socket.on('error', () => {})
  return {
    messages: textsOf(socket),
    send: (text) =>
      new Promise((resolve) => {
        const stalled = setTimeout(() => socket.terminate(), STALLED_MS).unref()
        socket.send(text, () => {
          clearTimeout(stalled)
          resolve()
        })
      }),
    close: (code, reason) => socket.close(code, reason),
    get isOpen() {
      return socket.readyState === socket.OPEN
    },
  }
}

async function* textsOf(socket: WebSocket): AsyncGenerator<string> {
  const options = { close: ['close'], highWaterMark: WAITING_MESSAGES, lowWaterMark: 1 }
  try {
    for await (const [data] of on(socket, 'message', options)) yield String(data)
  } catch {
    // Such as a message that is too large: the socket closes, and has told the other side why.
  }
}
