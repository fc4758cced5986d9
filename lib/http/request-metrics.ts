import { Counter, Histogram, Registry } from 'prom-client'
import { processSingleton } from '#lib/platform/process-singleton.ts'
import { routeOf } from './route-patterns.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Counts a request to this process once it is answered. `status` 0: it was cut off before. */
export function countRequest(
  request: { method?: string | undefined; url?: string | undefined },
  answer: { status: number; durationMs: number },
) {
  const { requests, durations } = requestMetrics()
  const method = methods.includes(request.method ?? '') ? (request.method as string) : 'other'
  const labels = { route: routeOf(request.url ?? '') ?? 'other', method, status: String(answer.status) }
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
