import type { IncomingMessage } from 'node:http'
import type { Config } from '#lib/config/index.ts'

const MESSAGE =
  'A request says that it came by HTTPS to a proxy in front, and TRUSTED_PROXIES is not set: nothing that the proxy says is believed. All callers have its address, and where PUBLIC_BASE_URL is not set, temporary URLs begin with http://. Set TRUSTED_PROXIES=1, or the addresses of the proxies.'

/** Warns once where a request claims to have passed a proxy with TLS and no proxy is trusted: what only a request can tell. */
export function createProxyNotice(
  trustedProxies: Config['access']['trustedProxies'],
  warn: (message: string) => void,
): (request: Pick<IncomingMessage, 'headers'>) => void {
  let isDue = trustedProxies === 0
  return ({ headers }) => {
    if (!isDue || headers['x-forwarded-proto'] !== 'https') return
    isDue = false
    warn(MESSAGE)
  }
}
