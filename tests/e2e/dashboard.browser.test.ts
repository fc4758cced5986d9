import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { ADMIN_KEY } from '../support/operator.ts'
import { expectAccessible, type OpenPage, openPage } from '../support/page.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld()
let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

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

describe('the dashboard', () => {
  let open: OpenPage
  let page: Page
  beforeAll(async () => {
    open = await openPage(browser, `${world.service.baseUrl}/dashboard`)
    page = open.page
  })
  afterAll(() => open?.close())

  const stat = (label: string) => page.getByRole('region', { name: label, exact: true }).locator('p').first()

  it('signs in with the admin key, and stores it nowhere', async () => {
    await page.getByLabel('Admin key').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The key is wrong').waitFor()
    open.complaints.length = 0
    await page.getByLabel('Admin key').fill(ADMIN_KEY)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Live', { exact: true }).waitFor()
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    )
    expect(kept).not.toContain(ADMIN_KEY)
    expect(kept).not.toContain('voicepin_session')
  })

  it('updates a stat as soon as it changes', async () => {
    expect(await stat('On IPFS').textContent()).toBe('–')
    await world.service.vocalize()
    await stat('On IPFS').getByText('100 %').waitFor()
    await page.getByText(/^1 of 1 clips/).waitFor()
    expect(open.complaints).toEqual([])
  })

  it('shows the timeline of a clip that no provider stored', async () => {
    await world.vendors.always('pinata', statusFault(503))
    const { body } = await world.service.vocalize()
    const row = page.getByRole('button', { name: body.data.id.slice(0, 12), exact: true })
    await row.click()
    const timeline = page.getByRole('table', { name: 'Timeline' })
    await timeline.getByRole('rowheader', { name: /^Speech/ }).waitFor()
    await timeline.getByRole('rowheader', { name: /^Staging/ }).waitFor()
    const told = await timeline.innerText()
    expect(told.match(/Pinata \(request\)/g)).toHaveLength(4)
    expect(told.match(/503/g)).toHaveLength(4)
    expect(told).toMatch(/next attempt at/)
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Close' }).click()
  })

  it('retries one clip, and all of them', async () => {
    const ids = [(await world.service.vocalize()).body.data.id, (await world.service.vocalize()).body.data.id]
    const retryOne = page.getByRole('button', { name: `Retry ${ids[0].slice(0, 12)}` })
    await retryOne.click()
    await page.getByText(/No provider stored it: pinata/).waitFor()
    await page.getByRole('button', { name: 'Retry all' }).click()
    await page.getByText(/^Processed \d+: 0 stored, \d+ failed/).waitFor()
    await world.vendors.heal()
    await retryOne.click()
    await page.getByText('Stored by Pinata.').waitFor()
    await page.getByText('No clip is pending.').waitFor()
    await page.getByRole('tab', { name: 'Stored' }).click()
    await page.getByRole('button', { name: ids[1].slice(0, 12), exact: true }).waitFor()
  })

  it('has no accessibility violation in either theme, also on a phone', async () => {
    await expectAccessible(page)
    await page.setViewportSize({ width: 390, height: 844 })
    await expectAccessible(page)
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(await overflow()).toBeLessThanOrEqual(0)
  })

  it('shows the same stats after a restart', async () => {
    const before = await page.getByText(/ of \d+ clips/).textContent()
    await world.service.stop().catch(() => {})
    await world.service.restart()
    await page.reload()
    await page.getByText('Live', { exact: true }).waitFor()
    expect(await page.getByText(/ of \d+ clips/).textContent()).toBe(before)
  })

  it('signs out', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Admin key').waitFor()
    expect(await page.context().cookies()).toEqual([])
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
