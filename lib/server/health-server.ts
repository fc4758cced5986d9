import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jsonResponse } from '#lib/http/json-response.ts'
import { problemOf, problemResponse, requestIdOf } from '#lib/http/problem.ts'
import type { Service } from '#lib/http/service.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { listenerOf } from './listener.ts'

/**
 * Answers `/api/health` and `/api/health/ready` for a process without Next.js. Resolves once it listens on `port`, with
 * the port that the system chose where that is 0.
 */
export async function startHealthServer(
  service: Pick<Service, 'checkReady' | 'services'>,
  port: number,
): Promise<{ server: Server; port: number }> {
  const { scrub } = service.services
  const answers: Record<string, () => Promise<string>> = {
    '/api/health': async () => 'alive',
    '/api/health/ready': () => service.checkReady().then(() => 'ready'),
  }
  async function answer(request: Request): Promise<Response> {
    try {
      const check = answers[new URL(request.url).pathname]
      if (!check)
        throw new ServiceError('not_found', 'Only /api/health and /api/health/ready are served here')
      return jsonResponse({ status: await check() }, { headers: { 'Cache-Control': 'no-store' } })
    } catch (error) {
      return problemResponse(problemOf(error, requestIdOf(request.headers.get('x-request-id')), scrub))
    }
  }
  const server = createServer(listenerOf(answer)).listen(port)
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}
