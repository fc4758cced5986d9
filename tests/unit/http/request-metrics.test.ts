import { expect, it } from 'vitest'
import { countRequest, requestMetrics } from '#lib/http/request-metrics.ts'

it('requests are counted by route, method and status, however odd they are', async () => {
  countRequest({ method: 'POST', url: '/api/agents/vocalize' }, { status: 200, durationMs: 20 })
  countRequest({ method: 'BREW', url: '/coffee' }, { status: 0, durationMs: 20 })
  const text = await requestMetrics().register.metrics()
  expect(text).toContain(
    'voicepin_http_requests_total{route="/api/agents/vocalize",method="POST",status="200"} 1',
  )
  expect(text).toContain('voicepin_http_requests_total{route="other",method="other",status="0"} 1')
  expect(text).toContain(
    'voicepin_http_request_duration_seconds_count{route="/api/agents/vocalize",method="POST"} 1',
  )
})
