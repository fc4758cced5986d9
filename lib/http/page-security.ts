import type { Config } from '#lib/config/index.ts'

/**
 * The Content-Security-Policy of a page: scripts and styles only with `nonce`, and nothing from another host, except
 * audio, which may be fetched and played from any https address and from the configured gateways.
 *
 * Style attributes are allowed: components use them for positions, and they cannot load anything.
 *
 * @see https://www.w3.org/TR/CSP3/
 */
export function contentSecurityPolicy(options: {
  nonce: string
  origins: readonly string[]
  /** For pages that other sites may show in a frame. */
  allowsFraming: boolean
  isDevelopment: boolean
}): string {
  const { nonce, origins, allowsFraming, isDevelopment } = options
  const audioSources = ["'self'", 'https:', ...origins]
  const directives: Record<string, string[]> = {
    'default-src': ["'none'"],
    'script-src': [`'nonce-${nonce}'`, "'strict-dynamic'", ...(isDevelopment ? ["'unsafe-eval'"] : [])],
    'style-src-elem': ["'self'", isDevelopment ? "'unsafe-inline'" : `'nonce-${nonce}'`],
    'style-src-attr': ["'unsafe-inline'"],
    'font-src': ["'self'"],
    'img-src': ["'self'", 'data:'],
    'connect-src': audioSources,
    'media-src': [...audioSources, 'blob:'],
    'manifest-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
    'frame-ancestors': [allowsFraming ? '*' : "'none'"],
  }
  return Object.entries(directives)
    .map(([name, values]) => `${name} ${values.join(' ')}`)
    .join('; ')
}

/** The further security headers of a page. */
export function pageHeaders(options: { isHttps: boolean; allowsFraming: boolean }): Record<string, string> {
  const { isHttps, allowsFraming } = options
  return {
    'X-Content-Type-Options': 'nosniff',
    ...(!allowsFraming && { 'X-Frame-Options': 'DENY' }),
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': allowsFraming ? 'cross-origin' : 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    ...(isHttps && { 'Strict-Transport-Security': 'max-age=31536000; includeSubDomains' }),
  }
}

/** Whether the visitor uses https, according to the proxy in front where there is one. */
export function isHttps({ headers, url }: { headers: Headers; url: string }): boolean {
  const forwarded = headers.get('X-Forwarded-Proto')?.split(',')[0]?.trim()
  return (forwarded ?? new URL(url).protocol.replace(':', '')) === 'https'
}

/** The origins without https that clips can have: `PUBLIC_BASE_URL`, the bucket and the configured gateways. */
export function gatewayOrigins({ publicBaseUrl, ipfs, s3 }: Config): string[] {
  const urls = [
    publicBaseUrl,
    ipfs.gatewayUrl,
    s3?.redirects ? s3.endpoint : undefined,
    ...Object.values(ipfs.vendors).map(({ gatewayUrl }) => gatewayUrl),
  ]
  const origins = urls.filter((url) => url !== undefined).map((url) => new URL(url).origin)
  return [...new Set(origins)].filter((origin) => origin.startsWith('http:'))
}
