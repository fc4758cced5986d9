import type { IncomingMessage } from 'node:http'
import type { Config } from '#lib/config/index.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { proxiesPassed } from './client-address.ts'
import { isHttps } from './page-security.ts'

const HOST = /^[\w.-]{1,253}(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/

/** Some hosts of the right form make no URL, such as `a:99999`. */
const isHost = (text: string) => HOST.test(text) && URL.canParse(`http://${text}`)

/**
 * Settles which host and protocol the caller of `request` used, once for all that ask later: they find them in `Host` and
 * `X-Forwarded-Proto`. What proxies say counts only as far as `trustedProxies` wrote it; a proxy adds at most one entry
 * to a header, so that the entry of the outermost trusted one is counted from the end.
 *
 * `X-Forwarded-Port` and `Forwarded` are never believed: proxies that set the other headers pass these on unread.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 * @throws ServiceError `invalid_http` unless there is exactly one `Host`, with a host and perhaps a port
 */
export function settleOrigin(
  request: IncomingMessage,
  trustedProxies: Config['access']['trustedProxies'],
): void {
  const { headers, headersDistinct, httpVersion, socket } = request
  const [host = httpVersion === '1.0' ? `localhost:${socket.localPort}` : '', ...more] =
    headersDistinct.host ?? []
  if (more.length > 0 || !isHost(host)) {
    const message = 'The request needs exactly one Host header, with a host such as voice.example:8080'
    throw new ServiceError('invalid_http', message)
  }
  const proxies = proxiesPassed(headers, trustedProxies)
  const said = (name: 'x-forwarded-host' | 'x-forwarded-proto') => {
    const entries = headersDistinct[name]?.join().split(',') ?? []
    return proxies > 0 ? (entries.at(-proxies) ?? entries[0])?.trim() : undefined
  }
  const forwardedHost = said('x-forwarded-host') ?? ''
  const protocol = said('x-forwarded-proto') === 'https' ? 'https' : 'http'
  headers.host = isHost(forwardedHost) ? forwardedHost : host
  for (const name of ['x-forwarded-host', 'x-forwarded-port', 'forwarded']) delete headers[name]
  headers['x-forwarded-proto'] = protocol
}

/** The start of this service's own URLs: `PUBLIC_BASE_URL`, else the address that the caller used. */
export function publicBaseUrl(config: Config, request: { headers: Headers; url: string }): string {
  if (config.publicBaseUrl) return config.publicBaseUrl
  const host = request.headers.get('Host') ?? ''
  if (!isHost(host)) return new URL(request.url).origin
  return `${isHttps(request) ? 'https' : 'http'}://${host}`
}

/**
 * The same for answers that caches share between callers: nothing that a caller said. Without `PUBLIC_BASE_URL` empty,
 * which makes relative URLs.
 */
export function cacheableBaseUrl({ publicBaseUrl = '' }: Config): string {
  return publicBaseUrl
}
