import { describe, expect, it } from 'vitest'
import { ADMIN_KEY } from '../support/operator.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld()

const session = (init: RequestInit) => world.service.fetch('/api/admin/session', init)
const signInByFetch = (key: string, headers: Record<string, string> = { 'Sec-Fetch-Site': 'same-origin' }) =>
  session({ method: 'POST', headers, body: JSON.stringify({ key }) })

describe('the session of an operator', () => {
  it('is a cookie that scripts cannot read, other sites cannot send and that does not contain the key', async () => {
    const response = await signInByFetch(ADMIN_KEY)
    expect(response.status).toBe(204)
    const cookie = response.headers.get('Set-Cookie') ?? ''
    expect(cookie).toMatch(/^voicepin_session=[\w.-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
    expect(Buffer.from(cookie, 'base64').toString()).not.toContain(ADMIN_KEY)
    const forged = { 'Sec-Fetch-Site': 'same-origin', 'X-Forwarded-Proto': 'https' }
    expect((await signInByFetch(ADMIN_KEY, forged)).headers.get('Set-Cookie')).not.toContain('Secure')
  })

  it('gives access to the stats, unless the cookie was tampered with', async () => {
    const cookie = (await signInByFetch(ADMIN_KEY)).headers.get('Set-Cookie')?.split(';')[0] ?? ''
    const statusWith = async (Cookie: string) =>
      (await world.service.fetch('/api/admin/figures', { headers: { Cookie } })).status
    expect(await statusWith(cookie)).toBe(200)
    expect(await statusWith(`${cookie.slice(0, -2)}AA`)).toBe(401)
    expect(await statusWith('')).toBe(401)
  })

  it('ends when the operator signs out, for whoever has kept the cookie', async () => {
    const Cookie = (await signInByFetch(ADMIN_KEY)).headers.get('Set-Cookie')?.split(';')[0] ?? ''
    const another = (await signInByFetch(ADMIN_KEY)).headers.get('Set-Cookie')?.split(';')[0] ?? ''
    const statusWith = async (cookie: string) =>
      (await world.service.fetch('/api/admin/figures', { headers: { Cookie: cookie } })).status
    expect(await statusWith(Cookie)).toBe(200)
    expect(
      (await session({ method: 'DELETE', headers: { Cookie, 'Sec-Fetch-Site': 'same-origin' } })).status,
    ).toBe(204)
    expect(await statusWith(Cookie)).toBe(401)
    expect(await (await world.service.fetch('/dashboard', { headers: { Cookie } })).text()).toContain(
      'Admin key',
    )
    expect(await statusWith(another)).toBe(200)
  })

  it('cannot be used by another site that forges the headers of a proxy', async () => {
    const Cookie = (await signInByFetch(ADMIN_KEY)).headers.get('Set-Cookie')?.split(';')[0] ?? ''
    const forged = { Origin: 'https://elsewhere.example', 'X-Forwarded-Host': 'elsewhere.example' }
    for (const headers of [
      { Cookie, ...forged },
      { ...forged, Forwarded: 'host=elsewhere.example' },
    ]) {
      expect((await session({ method: 'DELETE', headers })).status).toBe(403)
      const retry = await world.service.fetch('/api/admin/retry-ipfs', { method: 'POST', headers })
      expect([401, 403]).toContain(retry.status)
    }
  })

  it('cannot be opened or used by another site', async () => {
    expect((await signInByFetch(ADMIN_KEY, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
    const Cookie = (await signInByFetch(ADMIN_KEY)).headers.get('Set-Cookie')?.split(';')[0] ?? ''
    const headers = { Cookie, Origin: 'https://elsewhere.example' }
    const response = await world.service.fetch('/api/admin/retry-ipfs', { method: 'POST', headers })
    expect(response.status).toBe(403)
  })
})

describe('wrong keys of an operator', () => {
  const asked: [name: string, ask: (key: string) => Promise<Response>][] = [
    ['at the sign-in', signInByFetch],
    ...[
      ['GET', '/api/admin/figures'],
      ['GET', '/api/admin/clips'],
      ['POST', '/api/admin/retry-ipfs'],
      ['GET', '/api/admin/retry-ipfs'],
      ['GET', '/api/metrics'],
    ].map(([method = '', path = '']): [string, (key: string) => Promise<Response>] => [
      `at ${method} ${path}`,
      (key) => world.service.fetch(path, { method, headers: { authorization: `Bearer ${key}` } }),
    ]),
  ]

  it.each(asked)('are limited %s, and the right key passes nevertheless', async (_, ask) => {
    const statuses = []
    for (let tries = 0; tries < 11; tries += 1) statuses.push((await ask(`no-${tries}`)).status)
    expect(statuses.at(-1)).toBe(429)
    const refused = await ask('another')
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(60)
    expect((await ask(ADMIN_KEY)).ok).toBe(true)
  })
})
