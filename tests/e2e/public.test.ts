import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { Browser, Frame, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { putIntoState } from '../support/catalog.ts'
import { ADMIN_KEY, pathOf, removeClip } from '../support/operator.ts'
import { expectAccessible, openPage, readHtml } from '../support/page.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { useWorld } from '../support/world.ts'

const directory = path.resolve(import.meta.dirname, '../../public')
const types: Record<string, string> = {
  '.ico': 'image/x-icon',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=UTF-8',
  '.webmanifest': 'application/manifest+json',
}

const world = useWorld()

describe('the files of public/', () => {
  it.each(readdirSync(directory))('%s is served as it is, without the headers of a page', async (name) => {
    const response = await world.service.fetch(`/${name}`)
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe(types[path.extname(name)])
    expect(response.headers.get('Content-Security-Policy')).toBeNull()
    expect(response.headers.get('Cross-Origin-Resource-Policy')).toBeNull()
    expect(Buffer.compare(await response.bytes(), readFileSync(path.join(directory, name)))).toBe(0)
  })

  it('social-preview.png has the size that previews want, and every page names its absolute URL', async () => {
    const image = readFileSync(path.join(directory, 'social-preview.png'))
    // In a PNG the width and the height follow the name of its first chunk.
    expect([image.readUInt32BE(16), image.readUInt32BE(20)]).toEqual([1200, 630])
    expect(image.length).toBeLessThan(100_000)
    const url = `${world.service.baseUrl}/social-preview.png`
    for (const page of ['/', '/docs', '/dashboard']) {
      const html = await (await world.service.fetch(page)).text()
      expect(html).toContain(`<meta property="og:image" content="${url}"`)
      expect(html).toContain(`<meta name="twitter:image" content="${url}"`)
      expect(html).toContain('<meta name="twitter:card" content="summary_large_image"')
    }
  })
})

describe('where there is nothing', () => {
  it.each(['/foo', '/v1', '/v2', '/api', '/.well-known/security.txt'])(
    'programs get a problem document at %s',
    async (path) => {
      const response = await world.service.fetch(path)
      expect([response.status, response.headers.get('Content-Type')]).toEqual([
        404,
        'application/problem+json',
      ])
      expect(await response.json()).toMatchObject({ code: 'not_found' })
    },
  )

  it('people get a page that leads on', async () => {
    const response = await world.service.fetch('/foo', { headers: { Accept: 'text/html' } })
    expect(response.status).toBe(404)
    const html = await response.text()
    expect(html).toContain('There is nothing at this address')
    expect(html).toMatch(/<main.*href="\/".*href="\/docs".*<\/main>/s)
  })
})

describe('a whole text', () => {
  it.each(['/api/metrics', '/api/openapi.json', '/llms-full.txt', '/docs/scripts.md'])(
    'at %s is compressed for who takes that, and has its length in any case',
    async (path) => {
      const ask = (encoding: string) => {
        const headers = { Authorization: `Bearer ${ADMIN_KEY}`, 'Accept-Encoding': encoding }
        return world.service.fetch(path, { headers })
      }
      const plain = await ask('identity')
      expect(plain.headers.get('Content-Encoding')).toBeNull()
      expect(plain.headers.get('Content-Length')).toBe(String((await plain.bytes()).byteLength))
      const { headers } = await ask('gzip')
      expect(headers.get('Content-Encoding')).toBe('gzip')
      expect(Number(headers.get('Content-Length'))).toBeLessThan(Number(plain.headers.get('Content-Length')))
    },
  )
})

const text = 'Nothing is as permanent as a good address.'
const voiceId = 'JBFqnCBsd6RMkjVDRZzb'
const speakOne = async () => (await world.service.vocalize({ text, voiceId, timestamps: true })).body.data

const read = (pathname: string) => readHtml(world.service, pathname)

describe('the page of a clip, as programs read it', () => {
  it('previews a link with its sound, its player and its picture', async () => {
    const { id, cid, audioUrl, pageUrl } = await speakOne()
    const { baseUrl } = world.service
    expect(pageUrl).toBe(`${baseUrl}/c/${id}`)
    for (const address of [`/c/${id}`, `/c/${cid}`]) {
      const { status, head, meta, html } = await read(address)
      expect(status).toBe(200)
      expect(head).toMatch(/<title>Voice clip by George · Voicepin<\/title>/)
      expect(head).toContain(`<link rel="canonical" href="${pageUrl}"/>`)
      expect(meta).toMatchObject({
        'og:title': 'Voice clip by George',
        'og:url': pageUrl,
        'og:audio': audioUrl,
        'og:audio:type': 'audio/mpeg',
        'og:image': `${baseUrl}/social-preview.png`,
        'twitter:card': 'player',
        'twitter:player': `${baseUrl}/embed/${id}`,
        'twitter:player:width': '600',
        'twitter:player:height': '200',
      })
      expect(meta['og:description']).toMatch(/^2\.\d s of speech by George \(MP3, .*Kept by Pinata/)
      expect(meta['og:description']).toContain(cid)
      expect(meta).not.toHaveProperty('robots')
      expect(html).toMatch(new RegExp(`<noscript><audio [^>]*src="/api/temp-audio/${id}"`))
      for (const fact of ['ElevenLabs', 'eleven_multilingual_v2', cid, audioUrl, 'Pinata']) {
        expect(html.slice(head.length)).toContain(fact)
      }
      expect(html).not.toContain(text)
    }
  })

  it('leads by oEmbed to a player', async () => {
    const { id, pageUrl } = await speakOne()
    const { head } = await read(pathOf(pageUrl))
    const [, link = ''] =
      /<link rel="alternate" type="application\/json\+oembed" href="([^"]+)"/.exec(head) ?? []
    const answer = await fetch(link.replaceAll('&amp;', '&'))
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*')
    const { html, type } = await answer.json()
    expect(type).toBe('rich')
    const [, source = ''] = /src="([^"]+)"/.exec(html) ?? []
    expect(source).toBe(`${world.service.baseUrl}/embed/${id}`)
    expect((await read(pathOf(source))).html).toContain(`src="/api/temp-audio/${id}"`)
    for (const [query, status] of [
      [`url=${encodeURIComponent(pageUrl)}&format=xml`, 501],
      [`url=${encodeURIComponent(`https://elsewhere.example/c/${id}`)}`, 404],
      ['', 400],
    ] as const) {
      expect((await world.service.fetch(`/api/oembed?${query}`)).status).toBe(status)
    }
  })

  it('has the status of what it says, and asks not to be found where there is nothing', async () => {
    const [gone, expired] = [await speakOne(), await speakOne()]
    await removeClip(world.service, gone.id)
    putIntoState(world.service, expired.id, 'expired')
    for (const [address, status, says] of [
      [gone.id, 410, 'This clip was deleted'],
      [expired.id, 410, 'This clip has expired'],
      ['0'.repeat(32), 404, 'There is no such clip'],
      ['nothing', 404, 'There is no such clip'],
    ] as const) {
      for (const kind of ['c', 'embed']) {
        const { html, meta, ...page } = await read(`/${kind}/${address}`)
        expect([kind, address, page.status]).toEqual([kind, address, status])
        expect(html).toContain(says)
        expect(meta.robots).toBe('noindex')
      }
    }
  })

  it('may be framed by other sites as a player, and in no other way', async () => {
    const { id } = await speakOne()
    for (const pathname of ['/', '/dashboard', '/docs', `/c/${id}`, '/embed', `/embed/${id}/more`]) {
      const { headers } = await read(pathname)
      expect([pathname, headers.get('X-Frame-Options')]).toEqual([pathname, 'DENY'])
      expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'")
    }
    const { headers } = await read(`/embed/${id}`)
    expect(headers.get('X-Frame-Options')).toBeNull()
    expect(headers.get('Content-Security-Policy')).toContain('frame-ancestors *')
    expect(headers.get('Content-Security-Policy')).toMatch(/script-src 'nonce-[0-9a-f]{32}'/)
  })
})

describe('the page of a clip, as people see it', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser({ hasOwnClipboard: true })
  })
  afterAll(() => browser?.close())

  const open = (pathname: string) => openPage(browser, world.service.baseUrl + pathname)
  const plays = (frame: Page | Frame) =>
    frame.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.2)

  it('plays, marks words, verifies, and shares, with less JavaScript than the playground', async () => {
    const { pageUrl, cid } = await speakOne()
    const { page, complaints, scriptBytes, close } = await open(pathOf(pageUrl))
    expect(scriptBytes()).toBeGreaterThan(50_000)
    expect(scriptBytes()).toBeLessThan(230_000)
    expect(complaints).toEqual([])
    await page.getByRole('button', { name: 'Play' }).click()
    await plays(page)
    await page.locator('mark').filter({ hasText: /\w/ }).waitFor()
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('The CID matches').waitFor()
    expect(await page.getByRole('region', { name: 'Where it is kept' }).textContent()).toContain(cid)

    // This Chromium has nothing to share with.
    await page.getByRole('button', { name: 'Share' }).click()
    await page.getByRole('button', { name: 'Link copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(pageUrl)
    await page.getByText('Embed', { exact: true }).click()
    await page.getByRole('button', { name: 'Copy the HTML' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^<iframe src=.*><\/iframe>$/)
    await page.setViewportSize({ width: 320, height: 640 })
    await page.waitForFunction(() => innerWidth === 320 && document.documentElement.scrollWidth === 320)
    await expectAccessible(page)
    await close()
  })

  it('shows by itself that a clip is spoken, waits for IPFS, and is stored, and interrupts nobody who listens', async () => {
    await world.vendors.always('pinata', statusFault(503))
    await world.vendors.speak({ chunkPauseMs: 60_000 })
    const body = JSON.stringify({ text: `${text} ${text}`, voiceId })
    const stream = await world.service.fetch('/api/agents/vocalize/stream', { method: 'POST', body })
    const { page, close } = await open(`/c/${stream.headers.get('X-Clip-Id')}`)
    await page.getByText('It is being spoken').waitFor()
    await world.vendors.speak({ chunkPauseMs: 0 })
    await page.getByRole('button', { name: 'Play' }).waitFor()
    await stream.bytes()
    await page.getByText(/This service keeps it for now, until \w/).waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Play' }).click()
    await page.locator('audio').evaluate((audio: HTMLAudioElement) => {
      audio.addEventListener('ended', () => sessionStorage.setItem('heard', 'to the end'))
    })
    await plays(page)
    await world.recover()
    await page.getByRole('listitem').filter({ hasText: 'Pinata' }).waitFor()
    expect(await page.evaluate(() => sessionStorage.getItem('heard'))).toBe('to the end')
    await close()
  })

  it('has no accessibility violation while its clip is spoken', async () => {
    const { id } = await speakOne()
    putIntoState(world.service, id, 'speaking')
    const { page, close } = await open(`/c/${id}`)
    await page.getByText('It is being spoken').waitFor()
    await expectAccessible(page)
    await close()
    putIntoState(world.service, id, 'expired')
  })

  it('says that its clip was deleted while somebody looked at it', async () => {
    await world.vendors.always('pinata', statusFault(503))
    const { id } = await speakOne()
    const { page, close } = await open(`/c/${id}`)
    await page.getByText('Not on IPFS yet').waitFor()
    await removeClip(world.service, id)
    await page.getByRole('heading', { name: 'This clip was deleted' }).waitFor()
    await expectAccessible(page)
    await world.recover()
    await close()
  })

  it('plays in a page of another site as the player, and is refused there as the whole page', async () => {
    const { id } = await speakOne()
    const { baseUrl } = world.service
    const frames = ['embed', 'c'].map(
      (kind) => `<iframe name="${kind}" src="${baseUrl}/${kind}/${id}"></iframe>`,
    )
    const site = createServer((_request, response) =>
      response.setHeader('Content-Type', 'text/html').end(`<!doctype html>${frames.join('')}`),
    ).listen(0, '127.0.0.1')
    await once(site, 'listening')
    const { port } = site.address() as AddressInfo
    const { page, complaints, close } = await openPage(browser, `http://127.0.0.1:${port}`)
    const player = page.frame('embed') as Frame
    await player.getByRole('button', { name: 'Play' }).click()
    await plays(player)
    expect(await player.getByRole('link', { name: 'Voice clip by George' }).getAttribute('target')).toBe(
      '_blank',
    )
    expect(await page.frame('c')?.locator('audio').count()).toBe(0)
    expect(complaints.join()).toMatch(/frame-ancestors 'none'/)
    await expectAccessible((await open(`/embed/${id}`)).page)
    await close()
    site.close()
  })
})
