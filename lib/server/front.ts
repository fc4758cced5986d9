import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '#lib/config/index.ts'
import { acceptsPages } from '#lib/http/accept.ts'
import { followAnswer } from '#lib/http/after-answer.ts'
import { trustConnectionHeader, writeConnectionHeader } from '#lib/http/client-address.ts'
import { settleOrigin } from '#lib/http/origin.ts'
import { countRequest } from '#lib/http/request-metrics.ts'
import type { Service } from '#lib/http/service.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { describeError } from '#lib/platform/errors.ts'
import { listenerOf, refuse } from './listener.ts'
import { notImplemented, refuseForeign, routeMethods } from './refuse-foreign.ts'
import { nowhere, type Route, type Routes } from './routes.ts'
import { createTurns } from './turns.ts'
import { createProxyNotice } from './unknown-proxy.ts'
import { refuseOnSocket, refuseUnreadable } from './unreadable.ts'
import { createWebSockets, isWebSocket } from './web-sockets.ts'

interface FrontOptions {
  /** What the front answers itself. */
  routes: Pick<Routes, 'find' | 'isPage'>
  /** Answers everything else: pages, and their files. */
  nextHandler: (request: IncomingMessage, response: ServerResponse) => unknown
  service: Pick<Service, 'openStreamInput' | 'beginShutdown' | 'drain'>
  /** The longest message of a WebSocket. */
  maxMessageBytes: number
  trustedProxies: Config['access']['trustedProxies']
  /** How long running requests may take to finish after `stop()`. */
  graceMs: number
  /** Is told what the operator should mend. */
  warn?: (message: string) => void
}

export interface Front {
  server: Server
  /**
   * Lets running work and running requests finish, for at most `graceMs`, then closes every connection.
   *
   * New requests are still accepted meanwhile, so that load balancers can see from the readiness that they must use
   * another instance.
   */
  stop(): Promise<void>
}

const POLL_MS = 50
const serverOptions = {
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  // Longer than the 60 s of common load balancers: the side that sends requests must close idle connections.
  keepAliveTimeout: 65_000,
  // Node.js refuses a request without `Host` with an empty answer; `settleOrigin` says what is wrong.
  requireHostHeader: false,
}
/** A client that reads nothing for this long is disconnected, since it keeps a file open. */
const STALLED_MS = 120_000

/**
 * Makes the HTTP server in front of Next.js.
 *
 * It refuses what is no request of ours, and settles which host was asked for. It answers programs itself by the route
 * files that Next.js would call, which takes a fraction of the time and keeps the `Content-Length` that players need;
 * pages are left to Next.js. It knows every running request, so that a shutdown interrupts none.
 */
export function createFront(options: FrontOptions): Front {
  const { routes, nextHandler, service, trustedProxies, graceMs, maxMessageBytes, warn = () => {} } = options
  const running = new Set<ServerResponse>()
  let underWay = 0
  const startInTurn = createTurns(() => underWay > 0)
  const noticeProxy = createProxyNotice(trustedProxies, warn)
  let isStopping = false

  const webSockets = createWebSockets({ service, trustedProxies, maxMessageBytes })

  trustConnectionHeader()
  const server = createServer(
    { ...serverOptions, shouldUpgradeCallback: isWebSocket },
    (request, response) => {
      writeConnectionHeader(request)
      running.add(response)
      const startedAt = performance.now()
      const { method, url } = request
      response.once('close', () => {
        running.delete(response)
        const status = response.writableFinished ? response.statusCode : 0
        countRequest({ method, url }, { status, durationMs: performance.now() - startedAt })
      })
      if (isStopping) response.setHeader('Connection', 'close')
      // Whoever is gone before it is their turn gets no work done.
      startInTurn(() => {
        if (response.destroyed) return
        underWay += 1
        response.once('close', () => {
          underWay -= 1
        })
        work(request, response)
      })
    },
  )

  function work(request: IncomingMessage, response: ServerResponse) {
    // It asks what the server as a whole can do.
    if (request.method === 'OPTIONS' && request.url === '*') {
      response.writeHead(204, { Allow: routeMethods.join(', ') }).end()
      return
    }
    try {
      refuseForeign(request)
      noticeProxy(request)
      settleOrigin(request, trustedProxies)
    } catch (error) {
      refuse(error, response)
      return
    }
    const { url = '', method = '' } = request
    const withoutSlash = url.replace(/(?<=[^/])\/+(?=\?|$)/, '')
    const named = routes.find(withoutSlash)
    const isNamed = named && !named.pattern.endsWith('*')
    const isPage = routes.isPage(withoutSlash)
    const isRead = method === 'GET' || method === 'HEAD'
    const isForPages = isPage || (isRead && acceptsPages(request.headers.accept))
    const route = isNamed ? named : (routes.find(url) ?? (isForPages ? undefined : nowhere))
    if (!route) {
      if (isRead) void handOver(nextHandler, request, response)
      else refuse(pageMethodError(method), response)
      return
    }
    if (isNamed) request.url = withoutSlash
    if (isRead) response.setTimeout(STALLED_MS, () => response.destroy())
    answerByRoute(route, request, response)
  }

  server.on('clientError', refuseUnreadable)
  server.on('upgrade', webSockets.upgrade)
  server.on('connect', (_request, socket) => refuseOnSocket(notImplemented('CONNECT'), socket))
  // Expectations other than `100-continue` may be ignored; Node.js would refuse them with an empty answer.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  // The first releases of Node.js 24 close the response that is being sent when its socket closes, and say nothing to those
  // behind it, which have no socket yet.
  server.on('connection', (socket) =>
    socket.once('close', () => {
      for (const response of running) {
        if (response.req.socket === socket && !response.socket) response.destroy().emit('close')
      }
    }),
  )

  async function stop() {
    const deadline = Date.now() + graceMs
    isStopping = true
    for (const response of running) closeAfter(response)
    try {
      service.beginShutdown()
      await service.drain()
    } finally {
      server.close()
      while ([...running].some((response) => !endless.has(response)) && Date.now() < deadline)
        await sleep(POLL_MS)
      server.closeAllConnections()
      webSockets.terminate()
    }
  }

  return { server, stop }
}

function pageMethodError(method: string) {
  const message = `${method} is not allowed here; allowed are GET and HEAD`
  return new ServiceError('method_not_allowed', message, { headers: { Allow: 'GET, HEAD' } })
}

function answerByRoute(route: Route, message: IncomingMessage, response: ServerResponse) {
  const answered = new Promise<void>((resolve) => response.once('close', resolve))
  const listen = listenerOf(async (request) => {
    followAnswer(request, (work) => void answered.then(work).catch(reportError))
    const handlers = await route.load()
    const answer = await (handlers[request.method] as (typeof handlers)[string])(request)
    if (isEndless(answer, request)) endless.add(response)
    return answer
  })
  listen(message, response)
}

async function handOver(
  nextHandler: FrontOptions['nextHandler'],
  request: IncomingMessage,
  response: ServerResponse,
) {
  try {
    // Next.js opens a file for one that waits behind others on its connection, and never closes it where that is cut off.
    if (!response.socket) await itsTurn(response)
    if (!response.destroyed) await nextHandler(request, response)
  } catch (error) {
    console.error(describeError(error))
    if (response.headersSent) response.destroy()
    else refuse(error, response)
  }
}

const reportError = (error: unknown) => console.error(describeError(error))

/** Resolves when all before it on its connection are answered, or the caller is gone. */
function itsTurn(response: ServerResponse): Promise<unknown> {
  return Promise.race([once(response, 'socket'), once(response, 'close')])
}

function closeAfter(response: ServerResponse) {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}

/** Responses that do not end by themselves. */
const endless = new WeakSet<ServerResponse>()

/** An event stream goes on for as long as somebody listens, except that of a POST, which ends with its work. */
function isEndless({ headers }: Response, { method }: Request): boolean {
  return method !== 'POST' && Boolean(headers.get('Content-Type')?.startsWith('text/event-stream'))
}
