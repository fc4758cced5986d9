import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequestListener } from '@remix-run/node-fetch-server'
import { problemOf, problemResponse, requestIdOf } from '#lib/http/problem.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { describeError } from '#lib/platform/errors.ts'

/**
 * Answers `GET /api/health` and `/api/health/ready` as the service does, for a process without web pages. Resolves once
 * it listens on `port`, with the port that it got where that is 0.
 */
export async function startHealthServer(
  service: { checkReady(): Promise<void> },
  port: number,
): Promise<{ server: Server; port: number }> {
  const answers: Record<string, () => Promise<string>> = {
    '/api/health': async () => 'alive',
    '/api/health/ready': () => service.checkReady().then(() => 'ready'),
  }
  async function answer(request: Request): Promise<Response> {
    try {
      const ask = answers[new URL(request.url).pathname]
      if (!ask)
        throw new ServiceError('not_found', 'There is nothing but /api/health and /api/health/ready here')
      return Response.json({ status: await ask() }, { headers: { 'Cache-Control': 'no-store' } })
    } catch (error) {
      return problemResponse(problemOf(error, requestIdOf(request.headers.get('x-request-id'))))
    }
  }
  const server = createServer(
    createRequestListener(answer, { onError: (error) => void console.error(describeError(error)) }),
  ).listen(port)
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}
