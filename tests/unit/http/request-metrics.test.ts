import { globSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { countRequest, requestMetrics, routeOf, routePatterns } from '#lib/http/request-metrics.ts'

const app = path.resolve(import.meta.dirname, '../../../app')

describe('the route of a request', () => {
  it.each([
    ['/api/clips/0123456789abcdef0123456789abcdef?x=1', '/api/clips/{id}'],
    ['/v1/text-to-speech/George/stream', '/v1/text-to-speech/{voiceId}/stream'],
    ['/ipfs/bafk/a/b', '/ipfs/{path}*'],
    ['/_next/static/chunks/main.js', '/_next/{path}*'],
    ['/', '/'],
    ['/wp-login.php', 'other'],
    ['/api/openapiXjson', '/api/{path}*'],
  ])('of %s is %s', (url, route) => {
    expect(routeOf(url)).toBe(route)
  })

  it('is known of every file in app/', () => {
    const files = globSync('**/{route.ts,page.tsx}', { cwd: app })
    const routes = files.map((file) => {
      const folder = `/${path.dirname(file)}`.replace('/.', '/')
      return folder.replace(/\[\.\.\.(\w+)\]/g, '{$1}*').replace(/\[(\w+)\]/g, '{$1}')
    })
    expect(routes.length).toBeGreaterThan(15)
    expect(routes.filter((route) => !routePatterns.includes(route))).toEqual([])
  })
})

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
