import AxeBuilder from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Service } from './service.ts'

/** A page in a browser of its own, with what it did wrong and what it has loaded. */
export interface OpenPage {
  page: Page
  /** What the console and uncaught errors have complained of, refused connections and broken policies included. */
  complaints: string[]
  /** Hosts, with their port, that anything was asked of. */
  hosts: Set<string>
  /** Bytes of JavaScript that came over the wire so far. */
  scriptBytes(): number
  close(): Promise<void>
}

/** Opens `url` and waits until nothing more is loaded. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  const hosts = new Set<string>()
  page.on('console', (message) => {
    if (/error|warning/.test(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    if (/^https?:/.test(request.url())) hosts.add(new URL(request.url()).host)
  })
  const scriptBytes = await countScriptBytes(page)
  await page.goto(url, { waitUntil: 'networkidle' })
  return { page, complaints, hosts, scriptBytes, close: () => context.close() }
}

async function countScriptBytes(page: Page): Promise<() => number> {
  const session = await page.context().newCDPSession(page)
  const scripts = new Set<string>()
  let bytes = 0
  session.on('Network.responseReceived', ({ requestId, type }) => {
    if (type === 'Script') scripts.add(requestId)
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength
  })
  await session.send('Network.enable')
  return () => bytes
}

/** What a colour scheme can break: it changes colours, and the button that switches it. */
const schemeRules = ['color-contrast', 'link-in-text-block', 'button-name']

/** Fails with the violations that axe finds on the page as it stands, in light and in dark unless told otherwise. */
export async function expectAccessible(
  page: Page,
  colorSchemes: readonly ('light' | 'dark')[] = ['light', 'dark'],
): Promise<void> {
  for (const colorScheme of colorSchemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor()
    // On its way from one colour to another a text has neither.
    await page.evaluate(async () => {
      const moving = document.getAnimations().filter((animation) => animation instanceof CSSTransition)
      await Promise.allSettled(moving.map(({ finished }) => finished))
    })
    // Without frames to put together there is no need of a second page, nor of what has passed.
    const axe = new AxeBuilder({ page }).setLegacyMode().options({
      resultTypes: ['violations'],
      ...(colorScheme !== colorSchemes[0] && { runOnly: { type: 'rule', values: schemeRules } }),
    })
    const { violations } = await axe.analyze()
    const told = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html }) => `${colorScheme}: ${id}: ${html}`),
    )
    expect(told).toEqual([])
  }
}

/** A page as programs read it that run no JavaScript; `meta`: its `<meta>` elements by name or property. */
export async function readHtml(service: Pick<Service, 'fetch'>, pathname: string) {
  const response = await service.fetch(pathname, { headers: { Accept: 'text/html' } })
  const html = await response.text()
  const [head = ''] = html.split('</head>')
  const metas = [...head.matchAll(/<meta (?:name|property)="([^"]+)" content="([^"]*)"/g)]
  const meta = Object.fromEntries(metas.map(([, name, content]) => [name, content]))
  const { status, headers } = response
  return { status, headers, html, head, meta }
}
