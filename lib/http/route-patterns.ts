/**
 * Every route, as its path is written: `{…}` stands for one part, `{…}*` for all that follow. One without either counts
 * first, then the first that fits.
 */
export const routePatterns = [
  '/',
  '/.well-known/security.txt',
  '/c/{id}',
  '/dashboard',
  '/docs',
  '/docs/reference',
  '/docs/guides/{guide}',
  '/docs/{page}',
  '/embed/{id}',
  '/icon.svg',
  '/llms.txt',
  '/llms-full.txt',
  '/mcp',
  '/openapi.json',
  '/api/admin/clips',
  '/api/admin/export',
  '/api/admin/figures',
  '/api/admin/retry-ipfs',
  '/api/admin/session',
  '/api/agents/vocalize',
  '/api/agents/vocalize/stream',
  '/api/clips',
  '/api/clips/{id}',
  '/api/clips/{id}/captions.json',
  '/api/clips/{id}/captions.srt',
  '/api/clips/{id}/captions.vtt',
  '/api/clips/{id}/events',
  '/api/health',
  '/api/health/ready',
  '/api/metrics',
  '/api/oembed',
  '/api/openapi.json',
  '/api/scripts',
  '/api/scripts/{id}',
  '/api/scripts/{id}/events',
  '/api/temp-audio/{id}',
  '/api/voices',
  '/api/{path}*',
  '/audio/speech',
  '/ipfs/{path}*',
  '/ipni/v1/ad/{name}',
  '/v1/audio/models',
  '/v1/audio/speech',
  '/v1/audio/voices',
  '/v1/models',
  '/v1/models/{model}*',
  '/v1/text-to-speech/{voiceId}',
  '/v1/text-to-speech/{voiceId}/multi-stream-input',
  '/v1/text-to-speech/{voiceId}/stream',
  '/v1/text-to-speech/{voiceId}/stream-input',
  '/v1/text-to-speech/{voiceId}/stream/with-timestamps',
  '/v1/text-to-speech/{voiceId}/with-timestamps',
  '/v1/user',
  '/v1/user/subscription',
  '/v1/voices',
  '/v1/voices/{voiceId}',
  '/v1/voices/{voiceId}/settings',
  '/v1/voices/settings/default',
  '/v1/{path}*',
  '/v2/voices',
  '/v2/{path}*',
  '/_next/{path}*',
] as const

type RoutePattern = (typeof routePatterns)[number]

const exact = new Map<string, RoutePattern>(
  routePatterns.filter((route) => !route.includes('{')).map((route) => [route, route]),
)
const matchers = routePatterns
  .filter((route) => !exact.has(route))
  .map((route) => ({
    route,
    start: route.slice(0, route.indexOf('{')),
    pattern: new RegExp(
      `^${route
        .replace(/[.]/g, '\\.')
        .replace(/\{\w+\}\*/, '.*')
        .replace(/\{\w+\}/g, '[^/]+')}$`,
    ),
  }))

/** The route of a request, however many paths there are: files and what is nowhere have none. */
export function routeOf(url: string): RoutePattern | undefined {
  const [path = ''] = url.split(/[?#]/, 1)
  const fits = ({ start, pattern }: (typeof matchers)[number]) => path.startsWith(start) && pattern.test(path)
  return exact.get(path) ?? matchers.find(fits)?.route
}
