import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
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
  open = await openPage(browser, `${world.service.baseUrl}/docs/reference`)
})
afterAll(() => browser?.close())

describe('the documentation', () => {
  it('opens without a request to another host and without a violation of its policy', async () => {
    await open.page.getByRole('heading', { name: 'API reference', level: 1 }).waitFor()
    expect([...open.hosts]).toEqual([new URL(world.service.baseUrl).host])
    expect(open.complaints).toEqual([])
  })

  it('has every operation of the description in the reference, with its fields and an example', async () => {
    const description = await world.service.fetch('/api/openapi.json').then((answer) => answer.json())
    const operations: { operationId: string }[] = Object.values(description.paths).flatMap((path) =>
      Object.values(path as object),
    )
    for (const { operationId } of operations) {
      await expect(open.page.locator(`h3#${operationId}`).count()).resolves.toBe(1)
    }
    const vocalize = open.page.getByRole('region', { name: 'Speak a text and keep it on IPFS' })
    await expect(vocalize.innerText()).resolves.toMatch(/similarityBoost|Fields of voiceSettings/)
    await expect(vocalize.innerText()).resolves.toContain('rate_limited')
  })

  it('has commands that work as they are shown', async () => {
    const vocalize = open.page.getByRole('region', { name: 'Speak a text and keep it on IPFS' })
    const command = await vocalize.locator('[data-language="sh"] code').innerText()
    const { stdout } = await promisify(execFile)('sh', ['-c', command])
    expect(JSON.parse(stdout).data.cid).toMatch(/^bafk/)
  })

  it('does not move while it loads, and needs little JavaScript', async () => {
    const page = await open.page.context().newPage()
    await page.addInitScript(() => {
      const shifts: number[] = []
      Object.assign(window, { shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value)
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.goto(`${world.service.baseUrl}/docs/reference`, { waitUntil: 'networkidle' })
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.02)
    await page.close()
    expect(open.scriptBytes()).toBeGreaterThan(0)
    expect(open.scriptBytes()).toBeLessThan(500_000)
  })

  it.each(['/docs', '/docs/reference', '/docs/guides/permanence', '/docs/guides/scale'])(
    'has no accessibility violation at %s',
    async (path) => {
      const { page, close } = await openPage(browser, world.service.baseUrl + path)
      await expectAccessible(page)
      await close()
    },
  )

  it('shows every page of docs/ to people, links that lead somewhere, and the address of this service', async () => {
    const listed = await world.service.fetch('/llms.txt').then((answer) => answer.text())
    const names = [...listed.matchAll(/\(\/docs\/([\w-]+)\.md\)/g)].map(([, name]) => name)
    expect(names).toContain('permanence')
    const dead = new Set<string>()
    for (const name of names) {
      const answer = await world.service.fetch(`/docs/guides/${name}`)
      expect([name, answer.status]).toEqual([name, 200])
      const html = await answer.text()
      expect(html).not.toContain('http://localhost:3000')
      for (const [, target] of html.matchAll(/href="\/docs\/guides\/([\w-]+)/g)) {
        if (target && !names.includes(target)) dead.add(target)
      }
    }
    expect([...dead]).toEqual([])
  })

  it('leads from a page’s name alone to the page, and answers 404 for one that is not there', async () => {
    const found = await world.service.fetch('/docs/scripts', { redirect: 'manual' })
    expect([found.status, found.headers.get('Location')]).toEqual([308, '/docs/guides/scripts'])
    expect((await world.service.fetch('/docs/guides/nothing')).status).toBe(404)
    expect((await world.service.fetch('/docs/nothing.md')).status).toBe(404)
  })
})

describe('every page', () => {
  it.each(['/', '/dashboard', '/docs', '/docs/reference', '/docs/guides/scripts', '/nowhere'])(
    '%s has the security headers',
    async (path) => {
      const Accept = 'text/html'
      const { headers } = await world.service.fetch(path, { headers: { Accept } })
      const policy = headers.get('Content-Security-Policy') ?? ''
      expect(policy).toMatch(/script-src 'nonce-[0-9a-f]{32}' 'strict-dynamic';/)
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toContain("'unsafe-eval'")
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(headers.get('X-Frame-Options')).toBe('DENY')
      expect(headers.get('Strict-Transport-Security')).toBeNull()
      const secure = await world.service.fetch(path, { headers: { Accept, 'X-Forwarded-Proto': 'https' } })
      expect(secure.headers.get('Strict-Transport-Security')).toMatch(/^max-age=31536000/)
    },
  )
})

it('an operator who signs in over https gets a cookie that is sent over https only', async () => {
  const response = await world.service.fetch('/api/admin/session', {
    method: 'POST',
    headers: { 'Sec-Fetch-Site': 'same-origin', 'X-Forwarded-Proto': 'https' },
    body: JSON.stringify({ key: ADMIN_KEY }),
  })
  expect(response.headers.get('Set-Cookie')).toMatch(/; Secure$/)
})
