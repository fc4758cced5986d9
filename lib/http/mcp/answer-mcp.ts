import { createMcpHandler } from '@modelcontextprotocol/server'
import type { Config } from '#lib/config/index.ts'
import { identifyReader } from '#lib/http/admission.ts'
import { BytesResponse } from '#lib/http/bytes/bytes-response.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { createServer } from './server.ts'

/**
 * Answers `POST /mcp`: one message of the Model Context Protocol, by a server that lives as long as the request. Clients of
 * the versions before 2026-07-28 are served as well, without sessions.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 * @throws ServiceError `cross_site`, `unauthorized`, `rate_limited` (too many wrong keys)
 */
export async function answerMcp(request: Request, context: RequestContext): Promise<Response> {
  const { access, publicBaseUrl } = context.services.config
  refuseForeignOrigin(request, { ...access, publicBaseUrl })
  await identifyReader(request, context)
  const handler = createMcpHandler(() => createServer(request, context), {
    // Nothing that a client could subscribe to ever changes.
    maxSubscriptions: 0,
    maxRequestBodySize: access.maxBodyBytes,
    onerror: (error) => context.log.info({ error: error.message }, 'A message of MCP was refused'),
  })
  const response = await handler.fetch(request)
  // Older clients get a stream. It is read to its end here, so that headers and traces can say what the tool has done.
  return response.body ? new BytesResponse(Buffer.from(await response.arrayBuffer()), response) : response
}

const loopback = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

/**
 * Refuses what a browser sends for a page of another origin, as the specification asks for: such a page may have the name of
 * this very host, which it has led to this machine (DNS rebinding). Pages of this service are known by `PUBLIC_BASE_URL`,
 * or by an address of this machine; others by `CORS_ALLOWED_ORIGINS`, where they are named: `*` names nobody.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports#security-warning
 * @throws ServiceError `cross_site`
 */
function refuseForeignOrigin(
  { headers }: Request,
  {
    corsAllowedOrigins,
    publicBaseUrl,
  }: Pick<Config['access'], 'corsAllowedOrigins'> & Pick<Config, 'publicBaseUrl'>,
): void {
  const origin = headers.get('Origin')
  if (origin === null || corsAllowedOrigins.includes(origin)) return
  if (publicBaseUrl !== undefined && URL.parse(publicBaseUrl)?.origin === origin) return
  if (loopback.test(origin) && URL.parse(origin)?.host === headers.get('Host')) return
  const message = `Pages of ${origin} may not use MCP here: name that origin in CORS_ALLOWED_ORIGINS to allow it`
  throw new ServiceError('cross_site', message)
}
