import { describe, expect, it } from 'vitest'
import {
  endSession,
  hasSession,
  refuseOtherSites,
  requireOperator,
  sessionCookie,
} from '#lib/http/admin-session.ts'
import { ADMIN_KEY } from '../../support/operator.ts'
import { testServices } from '../../support/services.ts'

const HOST = 'voicepin.example'

function send(method: string, headers: Record<string, string> = {}): Request {
  return new Request('http://localhost/api/admin/clips', { method, headers: { Host: HOST, ...headers } })
}

describe('a request that changes something', () => {
  const isRefused = (headers: Record<string, string>, { method = 'POST', publicBaseUrl = '' } = {}) => {
    try {
      refuseOtherSites(send(method, headers), publicBaseUrl || undefined)
      return false
    } catch (error) {
      expect(error).toMatchObject({ code: 'cross_site' })
      return true
    }
  }

  it.each([
    { 'Sec-Fetch-Site': 'same-origin' },
    { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://elsewhere.example' },
    { Origin: `https://${HOST}` },
  ])('is taken from our own pages: %j', (headers) => {
    expect(isRefused(headers)).toBe(false)
  })

  it.each<Record<string, string>>([
    {},
    { 'Sec-Fetch-Site': 'cross-site', Origin: `https://${HOST}` },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'none' },
    { Origin: 'null' },
    { Origin: 'https://elsewhere.example' },
    { Origin: `https://${HOST}.elsewhere.example` },
    { Origin: `https://${HOST}:8443` },
    { Origin: 'https://elsewhere.example', 'X-Forwarded-Host': 'elsewhere.example' },
    { Origin: 'https://elsewhere.example', Forwarded: 'host=elsewhere.example' },
  ])('is refused from others: %j', (headers) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect(isRefused(headers, { method })).toBe(true)
  })

  it('is taken from the pages at PUBLIC_BASE_URL, whatever host the proxy asks for', () => {
    const headers = { Origin: 'https://public.example' }
    expect(isRefused(headers, { publicBaseUrl: 'https://public.example/' })).toBe(false)
    expect(isRefused(headers)).toBe(true)
  })
})

describe('an operator', () => {
  const operated = async () => {
    const { services } = await testServices({ environment: { ADMIN_API_KEY: ADMIN_KEY } })
    const signIn = async () =>
      (await sessionCookie(services.config.access, send('POST'))).split(';')[0] as string
    const isLetIn = (request: Request) =>
      requireOperator(request, services).then(
        () => true,
        (error) => error.code,
      )
    return { services, signIn, isLetIn }
  }

  it('is let in by a session until that is ended, on the server and for nobody else', async () => {
    const { services, signIn, isLetIn } = await operated()
    const [one, other] = [await signIn(), await signIn()]
    await endSession(services, new Headers({ Cookie: one }))
    expect(await hasSession(services, new Headers({ Cookie: one }))).toBe(false)
    expect(await isLetIn(send('GET', { Cookie: one }))).toBe('unauthorized')
    expect(await isLetIn(send('GET', { Cookie: other }))).toBe(true)
  })

  it('changes something by a session from our own pages alone, and by the key from anywhere', async () => {
    const { signIn, isLetIn } = await operated()
    const ours = { 'Sec-Fetch-Site': 'same-origin' }
    const others = { 'Sec-Fetch-Site': 'cross-site' }
    const Cookie = await signIn()
    expect(await isLetIn(send('POST', Object.assign({ Cookie }, ours)))).toBe(true)
    expect(await isLetIn(send('POST', Object.assign({ Cookie }, others)))).toBe('cross_site')
    const Authorization = `Bearer ${ADMIN_KEY}`
    expect(await isLetIn(send('POST', Object.assign({ Authorization }, others)))).toBe(true)
  })

  it('is let in by the right key after any number of wrong ones, which are limited', async () => {
    const { isLetIn } = await operated()
    const outcomes: unknown[] = []
    for (let attempt = 0; attempt < 12; attempt += 1) {
      outcomes.push(await isLetIn(send('GET', { Authorization: 'Bearer wrong' })))
    }
    expect(outcomes).toEqual([...Array(10).fill('unauthorized'), 'rate_limited', 'rate_limited'])
    expect(await isLetIn(send('GET', { Authorization: `Bearer ${ADMIN_KEY}` }))).toBe(true)
  })
})
