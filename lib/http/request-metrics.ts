import { Counter, Histogram, Registry } from 'prom-client'
import { processSingleton } from '#lib/platform/process-singleton.ts'

/** Every route, as its path is written: `{…}` stands for one part, `{…}*` for all that follow. */
export const routePatterns = [
  '/',
  '/dashboard',
  '/docs',
  '/api/admin/clips',
  '/api/admin/figures',
  '/api/admin/retry-ipfs',
  '/api/admin/session',
  '/api/agents/vocalize',
  '/api/agents/vocalize/stream',
  '/api/clips/{id}',
  '/api/clips/{id}/captions.json',
  '/api/clips/{id}/captions.srt',
  '/api/clips/{id}/captions.vtt',
  '/api/clips/{id}/events',
  '/api/health',
  '/api/health/ready',
  '/api/metrics',
  '/api/openapi.json',
  '/api/scripts',
  '/api/scripts/{id}',
  '/api/scripts/{id}/events',
  '/api/temp-audio/{id}',
  '/api/voices',
  '/api/{path}*',
  '/ipfs/{path}*',
  '/ipni/v1/ad/{name}',
  '/v1/audio/speech',
  '/v1/text-to-speech/{voiceId}',
  '/v1/text-to-speech/{voiceId}/stream',
  '/v1/voices',
  '/v1/{path}*',
  '/_next/{path}*',
]

const matchers = routePatterns.map((route) => ({
  route,
  pattern: new RegExp(
    `^${route
      .replace(/[.]/g, '\\.')
      .replace(/\{\w+\}\*/, '.*')
      .replace(/\{\w+\}/g, '[^/]+')}$`,
  ),
}))

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** The route of a request, however many paths there are: files and what is nowhere are `other`. */
export function routeOf(url: string): string {
  const [path = ''] = url.split(/[?#]/)
  return matchers.find(({ pattern }) => pattern.test(path))?.route ?? 'other'
}

/** Counts a request to this process once it is answered. `status` 0: it was cut off before. */
export function countRequest(
  request: { method?: string | undefined; url?: string | undefined },
  answer: { status: number; durationMs: number },
) {
  const { requests, durations } = requestMetrics()
  const method = methods.includes(request.method ?? '') ? (request.method as string) : 'other'
  const labels = { route: routeOf(request.url ?? ''), method, status: String(answer.status) }
  requests.inc(labels)
  durations.observe({ route: labels.route, method }, answer.durationMs / 1000)
}

/** The requests to this process since it started. */
export const requestMetrics = () =>
  processSingleton('request metrics', () => {
    const register = new Registry()
    const registers = [register]
    return {
      register,
      requests: new Counter({
        name: 'voicepin_http_requests_total',
        help: 'Requests to this process, by route, method and status; status 0 for those that were cut off.',
        labelNames: ['route', 'method', 'status'],
        registers,
      }),
      durations: new Histogram({
        name: 'voicepin_http_request_duration_seconds',
        help: 'Seconds from a request to the end of its answer, by route and method.',
        labelNames: ['route', 'method'],
        buckets: [0.005, 0.025, 0.1, 0.25, 1, 2.5, 10, 30, 60],
        registers,
      }),
    }
  })
