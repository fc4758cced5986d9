import type { Config } from '#lib/config/index.ts'

const HOST = /^[A-Za-z0-9.-]{1,253}(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/

/** The start of this service's own URLs: `PUBLIC_BASE_URL`, else the address that the caller used. */
export function publicBaseUrl(config: Config, request: { headers: Headers; url: string }): string {
  if (config.publicBaseUrl) return config.publicBaseUrl
  const { headers } = request
  const first = (name: string) => headers.get(name)?.split(',')[0]?.trim()
  const host = first('X-Forwarded-Host') ?? first('Host') ?? ''
  const protocol = first('X-Forwarded-Proto') === 'https' ? 'https' : 'http'
  const baseUrl = `${protocol}://${host}`
  // Some hosts of the right form make no URL, such as `a:99999`.
  return HOST.test(host) && URL.canParse(baseUrl) ? baseUrl : new URL(request.url).origin
}

/**
 * The same for answers that caches share between callers: without `X-Forwarded-Host`, which any caller can set and caches
 * do not tell apart.
 */
export function cacheableBaseUrl(config: Config, request: Request): string {
  const headers = new Headers(request.headers)
  headers.delete('X-Forwarded-Host')
  return publicBaseUrl(config, { headers, url: request.url })
}
