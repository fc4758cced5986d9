import { describe, expect, it } from 'vitest'
import { readEvents } from '../support/events.ts'
import { ADMIN_KEY, quick } from '../support/operator.ts'
import { startService } from '../support/service.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { useVendors, useWorld } from '../support/world.ts'

const cronSecret = 'test-cron-secret-99aa'
const metricsToken = 'test-metrics-token-13b0'
const callerKeys = ['test-caller-key-1', 'test-caller-key-2']
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('for callers of any origin', () => {
  const world = useWorld()

  it('the preflight allows what callers send', async () => {
    for (const path of ['/api/agents/vocalize', `/api/temp-audio/${'0'.repeat(32)}`]) {
      const response = await world.service.fetch(path, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.example',
          'access-control-request-method': path.includes('vocalize') ? 'POST' : 'GET',
          'access-control-request-headers': 'authorization, content-type, range',
        },
      })
      expect(response.status).toBe(204)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      const allowed = response.headers.get('access-control-allow-headers')?.toLowerCase()
      expect(allowed).toContain(path.includes('vocalize') ? 'content-type' : 'range')
      expect(response.headers.get('access-control-allow-methods')).toContain(
        path.includes('vocalize') ? 'POST' : 'GET',
      )
    }
  })

  it('every answer may be read, errors too', async () => {
    for (const body of [undefined, '{']) {
      const { headers } = await world.service.vocalize(body, { origin: 'https://app.example' })
      expect(headers.get('access-control-allow-origin')).toBe('*')
    }
    const clip = await world.service.fetch(`/api/temp-audio/${'0'.repeat(32)}`, {
      headers: { origin: 'https://app.example' },
    })
    expect(clip.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('alive and ready', async () => {
    for (const path of ['/api/health', '/api/health/ready']) {
      const response = await world.service.fetch(path)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toContain('application/json')
    }
  })

  it('the same request id stands in header, document and log', async () => {
    const { headers, body } = await world.service.vocalize('{')
    expect(body.requestId).toBe(headers.get('x-request-id'))
    expect(body).toMatchObject({ status: 400, code: 'invalid_json', success: false, error: body.detail })
  })

  it.each([
    '/_next/image?url=%2Ficon.svg&w=64&q=75',
    '/_next/image',
    '/%5fnext/image?url=%2Ficon.svg&w=64&q=75',
  ])('no pictures are made at %s', async (path) => {
    expect((await world.service.fetch(path)).status).toBe(404)
  })

  it('a wrong field is named', async () => {
    const { status, body } = await world.service.vocalize({
      text: '',
      voiceId: 'a b',
      voiceSettings: { speed: 'fast' },
    })
    expect(status).toBe(400)
    expect(body.code).toBe('invalid_request')
    expect(body.errors.map(({ path }: { path: string }) => path).sort()).toEqual([
      'text',
      'voiceId',
      'voiceSettings.speed',
    ])
  })
})

describe('with every secret set', () => {
  const world = useWorld({
    environment: {
      CRON_SECRET: cronSecret,
      METRICS_TOKEN: metricsToken,
      VOCALIZE_API_KEYS: callerKeys.join(', '),
      CORS_ALLOWED_ORIGINS: 'https://app.example, https://other.example',
      RATE_LIMIT_PER_MINUTE: '5',
    },
  })

  it.each([
    ['GET', ADMIN_KEY, 200],
    ['GET', cronSecret, 200],
    ['POST', ADMIN_KEY, 200],
    ['POST', cronSecret, 401],
    ['POST', metricsToken, 401],
    ['GET', 'wrong', 401],
    ['POST', `${ADMIN_KEY}x`, 401],
    ['POST', ADMIN_KEY.slice(0, -1), 401],
  ])('%s /api/admin/retry-ipfs with %s: %i', async (method, token, status) => {
    const response = await world.service.fetch('/api/admin/retry-ipfs', { method, headers: bearer(token) })
    expect(response.status).toBe(status)
    if (status === 401) {
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
      expect(await response.json()).toMatchObject({ code: 'unauthorized' })
    } else {
      expect(await response.json()).toEqual({
        success: true,
        processed: 0,
        successCount: 0,
        failureCount: 0,
        remaining: 0,
        results: [],
      })
    }
  })

  it.each(['0', '-1', 'x', '1.5'])('?limit=%s is refused', async (limit) => {
    const response = await world.service.fetch(`/api/admin/retry-ipfs?limit=${limit}`, {
      method: 'POST',
      headers: bearer(ADMIN_KEY),
    })
    expect(response.status).toBe(400)
  })

  it('vocalize is closed to callers without a key', async () => {
    expect((await world.service.vocalize()).status).toBe(401)
    expect((await world.service.vocalize(undefined, bearer('wrong'))).status).toBe(401)
    const clips: unknown[] = []
    for (const key of callerKeys) {
      const { status, body } = await world.service.vocalize(undefined, bearer(key))
      expect(status).toBe(200)
      clips.push(body.data?.id)
    }
    // One key does not learn what another had spoken.
    expect(new Set(clips).size).toBe(2)
  })

  it.each(['/api/voices', '/v1/voices'])('%s is closed to callers without a key', async (path) => {
    expect((await world.service.fetch(path)).status).toBe(401)
    const response = await world.service.fetch(path, { headers: bearer(callerKeys[0] as string) })
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control') ?? '').not.toContain('public')
  })

  it('the live figures end with the session that asked for them', async () => {
    const { service } = world
    const ours = { 'Sec-Fetch-Site': 'same-origin' }
    const body = JSON.stringify({ key: ADMIN_KEY })
    const signedIn = await service.fetch('/api/admin/session', { method: 'POST', headers: ours, body })
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
    const accept = 'text/event-stream'
    const figures = readEvents(await service.fetch('/api/admin/figures', { headers: { cookie, accept } }))
    expect(await figures.next()).toMatchObject({ value: { event: 'figures' } })
    await service.fetch('/api/admin/session', { method: 'DELETE', headers: { ...ours, cookie } })
    // A change, which whoever is signed in would be told of.
    expect(await service.vocalize(undefined, bearer(callerKeys[0] as string))).toMatchObject({ status: 200 })
    expect(await figures.next()).toEqual({ done: true, value: undefined })
  })

  it('only the listed origins may read vocalize', async () => {
    const answerTo = async (origin: string) =>
      (await world.service.vocalize('{', { ...bearer(callerKeys[0] as string), origin })).headers
    const allowed = await answerTo('https://other.example')
    expect(allowed.get('access-control-allow-origin')).toBe('https://other.example')
    expect(allowed.get('vary')?.toLowerCase()).toContain('origin')
    expect((await answerTo('https://evil.example')).get('access-control-allow-origin')).toBeNull()
  })

  it('more than the rate limit: 429 with Retry-After, RateLimit and RateLimit-Policy', async () => {
    const answers = []
    for (let count = 0; count < 12; count++) {
      answers.push(await world.service.vocalize('{', bearer(callerKeys[1] as string)))
    }
    const limited = answers.find(({ status }) => status === 429)
    expect(limited?.body).toMatchObject({ code: 'rate_limited' })
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(limited?.headers.get('ratelimit')).toBeTruthy()
    expect(limited?.headers.get('ratelimit-policy')).toBeTruthy()
  })
})

describe('without any secret set', () => {
  const world = useVendors()

  it('nobody is let in', async () => {
    const service = await startService({
      environment: { ...quick, ...environmentFor(world.vendors), ADMIN_API_KEY: '' },
    })
    for (const headers of [{}, bearer(''), bearer('undefined'), bearer('null')]) {
      for (const method of ['GET', 'POST']) {
        const response = await service.fetch('/api/admin/retry-ipfs', { method, headers })
        expect(response.status).toBe(401)
      }
    }
    await service.stop()
  })
})
