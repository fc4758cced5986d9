import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { ADMIN_KEY } from '../support/operator.ts'
import { expectAccessible, type OpenPage, openPage } from '../support/page.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld({ environment: { TRUSTED_PROXIES: '127.0.0.1' } })
let browser: Browser
let open: OpenPage
beforeAll(async () => {
  browser = await launchBrowser()
  open = await openPage(browser, `${world.service.baseUrl}/docs`)
})
afterAll(() => browser?.close())

describe('the API reference', () => {
  it('opens without a request to another host and without a violation of its policy', async () => {
    await open.page.getByRole('heading', { name: 'Voicepin', level: 1 }).waitFor()
    await open.page.getByText('/api/agents/vocalize').first().waitFor()
    expect([...open.hosts]).toEqual([new URL(world.service.baseUrl).host])
    expect(open.complaints).toEqual([])
  })

  it.each(['light', 'dark'] as const)('has no accessibility violation in %s', async (colorScheme) => {
    const { page, close } = await openPage(browser, `${world.service.baseUrl}/docs`, { colorScheme })
    await page.getByText('/api/agents/vocalize').first().waitFor()
    await expectAccessible(page, [colorScheme])
    await close()
  })

  it('has an example that can be sent from the page', async () => {
    const { page } = open
    await page
      .getByRole('button', { name: /Test Request.*vocalize\b/i })
      .first()
      .click()
    const answered = page.waitForResponse((response) => response.url().endsWith('/api/agents/vocalize'))
    await page.getByRole('button', { name: /^Send/ }).first().click()
    expect((await answered).status()).toBe(200)
    await page.keyboard.press('Escape')
    expect([...open.hosts]).toEqual([new URL(world.service.baseUrl).host])
  })
})

describe('every page', () => {
  it.each(['/', '/dashboard', '/docs', '/nowhere'])('%s has the security headers', async (path) => {
    const { headers } = await world.service.fetch(path)
    const policy = headers.get('Content-Security-Policy') ?? ''
    expect(policy).toMatch(/script-src 'nonce-[0-9a-f]{32}' 'strict-dynamic';/)
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain("'unsafe-eval'")
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('X-Frame-Options')).toBe('DENY')
    expect(headers.get('Strict-Transport-Security')).toBeNull()
    const secure = await world.service.fetch(path, { headers: { 'X-Forwarded-Proto': 'https' } })
    expect(secure.headers.get('Strict-Transport-Security')).toMatch(/^max-age=31536000/)
  })
})

it('an operator who signs in over https gets a cookie that is sent over https only', async () => {
  const response = await world.service.fetch('/api/admin/session', {
    method: 'POST',
    headers: { 'Sec-Fetch-Site': 'same-origin', 'X-Forwarded-Proto': 'https' },
    body: JSON.stringify({ key: ADMIN_KEY }),
  })
  expect(response.headers.get('Set-Cookie')).toMatch(/; Secure$/)
})
