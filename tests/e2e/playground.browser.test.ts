import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { INSECURE_HOST, launchBrowser } from '../support/browser.ts'
import { independentCid } from '../support/content-id.ts'
import { expectAccessible, type OpenPage, openPage } from '../support/page.ts'
import { cleanUpServices, startService } from '../support/service.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { useWorld } from '../support/world.ts'

const anyOrigin = { 'access-control-allow-origin': '*' }
const world = useWorld()
let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser({ hasOwnClipboard: true })
})
afterAll(() => browser?.close())

async function speak(page: Page, text: string) {
  await page.getByRole('textbox', { name: 'Text' }).fill(text)
  await page.getByRole('button', { name: 'Speak', exact: true }).click()
}
const inClip = (page: Page, text: string | RegExp) =>
  page.getByRole('region', { name: 'The clip' }).getByText(text)
/** How many bars the picture of the sound has. */
const barsDrawn = (page: Page) =>
  page
    .locator('svg path[class*="played"]')
    .evaluateAll((paths) =>
      paths.reduce((sum, path) => sum + (path.getAttribute('d')?.split('M').length ?? 1) - 1, 0),
    )
/** The voices that the open list shows. */
const voicesIn = (page: Page) => page.getByRole('listbox').getByRole('option')
const patiently = { timeout: 30_000 }
const cidOf = (page: Page) => page.getByText(/^baf[a-z0-9]{50,}$/).textContent()

describe('the playground', () => {
  let open: OpenPage
  let page: Page
  beforeAll(async () => {
    open = await openPage(browser, world.service.baseUrl)
    page = open.page
  })
  afterAll(() => open?.close())

  it('loads with under 250 KB of JavaScript, and requests nothing from another host', () => {
    expect(open.scriptBytes()).toBeGreaterThan(50_000)
    expect(open.scriptBytes()).toBeLessThan(250_000)
    expect([...open.hosts]).toEqual([new URL(world.service.baseUrl).host])
    expect(open.complaints).toEqual([])
  })

  it('says under the text what becomes public', async () => {
    const described = await page.getByRole('textbox', { name: 'Text' }).getAttribute('aria-describedby')
    const ids = (described ?? '').split(' ').filter((id) => id !== '')
    const texts = await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).textContent()))
    expect(texts).toEqual(['The audio, and the text as its captions, become public and permanent.'])
  })

  it('plays the text while it is spoken, and draws what is there of it', async () => {
    // The first second of two and a half; the rest comes only once that is heard and drawn.
    await world.vendors.speak({ chunkBytes: 10_000, chunkPauseMs: 60_000 })
    await speak(page, 'Nothing is as permanent as a good address.')
    await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.1)
    await inClip(page, /^Speaking$/)
      .last()
      .waitFor()
    await page.locator('audio').evaluate((audio) => audio.setAttribute('data-first', ''))
    await expect.poll(() => barsDrawn(page), patiently).toBeGreaterThan(10)
    const drawn = await barsDrawn(page)
    expect(drawn).toBeLessThan(100)
    await world.vendors.speak({ chunkPauseMs: 0 })
    await inClip(page, /^Spoken$/).waitFor()
    await expect.poll(() => barsDrawn(page), patiently).toBeGreaterThan(drawn)
  })

  it('shows the provider that stored the clip', async () => {
    await inClip(page, /^Stored$/).waitFor()
    await inClip(page, /^by Pinata/).waitFor()
    expect(await page.getByRole('link', { name: '/ipfs/' }).getAttribute('href')).toContain(await cidOf(page))
  })

  it('goes on with the stored clip in the same element, where it was', async () => {
    const pause = page.getByRole('button', { name: 'Pause' })
    if (await pause.isVisible()) await pause.click({ timeout: 1000 }).catch(() => {})
    await page.waitForFunction(() => document.querySelector('audio')?.src.includes('/api/temp-audio/'))
    const audio = page.locator('audio[data-first]')
    expect(await audio.evaluate(({ currentTime }: HTMLAudioElement) => currentTime)).toBeGreaterThan(0.1)
    await audio.evaluate((element: HTMLAudioElement) => {
      element.currentTime = 0
    })
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.3)
    await page.getByRole('button', { name: 'Pause' }).click()
    const loudness = await page.evaluate(async () => {
      const url = document.querySelector('audio')?.src ?? ''
      const bytes = await (await fetch(url)).arrayBuffer()
      const decoded = await new OfflineAudioContext(1, 1, 44_100).decodeAudioData(bytes)
      const samples = decoded.getChannelData(0)
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
    })
    expect(loudness).toBeGreaterThan(0.02)
  })

  it('marks the word that is being said', async () => {
    const mark = page.getByRole('region', { name: 'The clip' }).locator('mark')
    const marks = (word: RegExp) => mark.filter({ hasText: word }).waitFor()
    const at = (seconds: number) =>
      page.locator('audio').evaluate((audio: HTMLAudioElement, to) => {
        audio.currentTime = to
      }, seconds)
    // 60 ms a character.
    await at(0.55)
    await marks(/^is$/)
    await at(2.4)
    await marks(/^address\.$/)
    expect(await mark.count()).toBe(1)
    await at(0.1)
    await marks(/^Nothing$/)
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await marks(/^(?!Nothing$)/)
    await page.getByRole('button', { name: 'Pause' }).click()
  })

  it('seeks by the keyboard, plays faster, downloads', async () => {
    await page.getByRole('slider', { name: 'Position' }).focus()
    await page.keyboard.press('End')
    const audio = page.locator('audio')
    const [position, duration] = await audio.evaluate((element: HTMLAudioElement) => [
      element.currentTime,
      element.duration,
    ])
    expect(position).toBeCloseTo(duration ?? 0, 0)
    await page.getByRole('combobox', { name: 'Speed' }).selectOption('1.5×')
    expect(await audio.evaluate((element: HTMLAudioElement) => element.playbackRate)).toBe(1.5)
    const downloaded = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download' }).click()
    expect((await downloaded).suggestedFilename()).toMatch(/\.mp3$/)
  })

  it('copies the address and the CID', async () => {
    for (const [button, expected] of [
      ['Copy the address', await page.getByRole('link', { name: '/ipfs/' }).getAttribute('href')],
      ['Copy the CID', await cidOf(page)],
    ] as const) {
      await page.getByRole('region', { name: 'The clip' }).getByRole('button', { name: button }).click()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(expected)
    }
  })

  it('verifies in the browser that the content has the CID of the clip', async () => {
    await page.getByRole('button', { name: 'Verify' }).click()
    await inClip(page, 'The CID matches').waitFor()
    const bytes = await world.vendors.content('pinata', (await cidOf(page)) ?? '')
    expect(await independentCid(bytes as Uint8Array)).toBe(await cidOf(page))
    expect(open.complaints).toEqual([])
  })

  it('speaks a text that is too long for one request piece by piece, and shows how far it is', async () => {
    await world.vendors.speak({ chunkPauseMs: 10, msPerCharacter: 5 })
    await speak(page, 'This sentence is said again and again. '.repeat(150))
    await inClip(page, /^\d of 3 pieces/).waitFor()
    await inClip(page, /^Stored$/).waitFor()
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor()
    await page.waitForFunction(() => Number.isFinite(document.querySelector('audio')?.duration))
    await page.locator('audio').evaluate((audio: HTMLAudioElement) => {
      audio.currentTime = audio.duration - 0.02
    })
    const words = page.getByRole('region', { name: 'Words' })
    const mark = words.locator('mark').filter({ hasText: /^again\.$/ })
    await expect.poll(() => mark.count(), patiently).toBe(1)
    // The last one is scrolled to, and the page is no longer than for a short text.
    const [box, last] = await Promise.all([words.boundingBox(), mark.boundingBox()])
    expect(box?.height).toBeLessThan(300)
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual((box?.y ?? 0) + (box?.height ?? 0))
    expect(open.complaints).toEqual([])
    await world.vendors.speak({ chunkPauseMs: 0, msPerCharacter: 60 })
  })

  it('shows the equivalent code, with quotes that a shell understands', async () => {
    await page.getByRole('textbox', { name: 'Text' }).fill(`It's "here"`)
    const command = await page.getByRole('region', { name: 'Code', exact: true }).textContent()
    expect(command).toContain(`-d '{"text":"It'\\''s \\"here\\"","voiceId":"`)
  })

  it('shows by itself that a pending clip was stored', async () => {
    await world.vendors.always('pinata', statusFault(503))
    await speak(page, 'This one has to wait for its provider.')
    await inClip(page, /^Pending until/).waitFor()
    await inClip(page, /^Pending$/).waitFor()
    await inClip(page, /503/).first().waitFor()
    const address = page.getByRole('region', { name: 'The clip' }).getByRole('link', { name: /^http/ })
    expect(await address.getAttribute('href')).toContain('/api/temp-audio/')
    await world.recover()
    await inClip(page, /^Stored$/).waitFor()
    expect(await address.getAttribute('href')).toContain('/ipfs/')
  })

  it('says why content could not be fetched, and when it has another CID', async () => {
    const verify = page.getByRole('button', { name: 'Verify' })
    await page.route('**/ipfs/**', (route) => route.fulfill({ status: 504, headers: anyOrigin }))
    await verify.click()
    await inClip(page, /could not find the content in time/).waitFor()
    await page.unroute('**/ipfs/**')
    await page.route('**/ipfs/**', (route) => route.fulfill({ body: 'something else', headers: anyOrigin }))
    await verify.click()
    await inClip(page, 'The CID does not match').waitFor()
  })

  it('has no accessibility violation', () => expectAccessible(page))

  it('keeps the clip when the next text is refused, says why and for how long, and stops saying so at a change', async () => {
    const cid = await cidOf(page)
    await page.route('**/api/agents/vocalize/stream', (route) =>
      route.fulfill({
        status: 429,
        headers: { 'Retry-After': '3000' },
        json: { status: 429, code: 'rate_limited', title: 'Too many requests', detail: 'Too many requests' },
      }),
    )
    await speak(page, 'Once more.')
    await page.getByRole('alert').getByText('You can try again in 50 minutes.').waitFor()
    expect(await page.getByRole('alert').first().textContent()).not.toMatch(/429|requests/i)
    expect(await cidOf(page)).toBe(cid)
    await expectAccessible(page)
    await page.unroute('**/api/agents/vocalize/stream')
    await page.getByRole('textbox', { name: 'Text' }).fill('Another one.')
    await page.getByText('You can try again').waitFor({ state: 'detached' })
  })

  it('shows why the service has refused a text', async () => {
    await world.vendors.next('elevenlabs', statusFault(401, { code: 'quota_exceeded' }))
    await speak(page, 'Too much.')
    await page.getByRole('alert').getByText(/quota/i).waitFor()
  })

  it('keeps the clip before it when the voice breaks off, and says so', async () => {
    const cid = await cidOf(page)
    await world.vendors.next('elevenlabs', { kind: 'reset-mid-answer' })
    await speak(page, 'Nobody will ever hear the end of this sentence, sad as it is.')
    await page.getByRole('alert').getByText('The voice broke off').waitFor()
    expect(await cidOf(page)).toBe(cid)
  })

  it('remembers text, settings and clips over a reload, and plays a clip again', async () => {
    await page.locator('summary').click()
    await page.getByLabel('Format').selectOption({ label: 'MP3 · 22.05 kHz · 32 kbit/s' })
    await page.getByRole('textbox', { name: 'Text' }).fill('זה נשאר כאן.')
    await page.reload()
    const text = page.getByRole('textbox', { name: 'Text' })
    await expect.poll(() => text.inputValue(), patiently).toBe('זה נשאר כאן.')
    expect(await text.evaluate((element) => getComputedStyle(element).direction)).toBe('rtl')
    expect(await page.getByRole('region', { name: 'Code', exact: true }).textContent()).toContain(
      'mp3_22050_32',
    )
    const recent = page.getByRole('region', { name: 'Recent clips' })
    await recent.getByRole('button', { name: /^Play “This one has to wait/ }).click()
    await inClip(page, /^Stored$/).waitFor()
    await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.1)
    expect(await recent.locator('[aria-current]').count()).toBe(1)
    const before = await recent.getByRole('listitem').count()
    await recent.getByRole('button', { name: 'Remove from this list' }).first().click()
    expect(await recent.getByRole('listitem').count()).toBe(before - 1)
    await expectAccessible(page)
  })

  it('says of an expired clip that it has expired, and offers nothing that is gone', async () => {
    await page.route('**/api/clips/*', async (route) => {
      const answer = await (await route.fetch()).json()
      await route.fulfill({ json: { ...answer, data: { ...answer.data, state: 'expired' } } })
    })
    await page.route('**/api/clips/*/events', (route) => route.abort())
    await page
      .getByRole('region', { name: 'Recent clips' })
      .getByRole('button', { name: /^Play “This one has to wait/ })
      .click()
    await inClip(page, 'This clip has expired').waitFor()
    await page.unroute('**/api/clips/*')
    const clip = page.getByRole('region', { name: 'The clip' })
    expect(await clip.getByRole('button').count()).toBe(0)
    expect(await clip.getByRole('link').count()).toBe(0)
    await expectAccessible(page)
  })
})

describe('the playground by keyboard alone', () => {
  let open: OpenPage
  let page: Page
  beforeAll(async () => {
    open = await openPage(browser, world.service.baseUrl)
    page = open.page
  })
  afterAll(() => open?.close())

  /** Presses Tab until `target` has the focus. */
  async function tabTo(target: Locator, key = 'Tab') {
    for (let presses = 0; presses < 60; presses += 1) {
      const isThere = await target
        .first()
        .evaluate((element) => element === document.activeElement, undefined, { timeout: 5000 })
      if (isThere) return
      await page.keyboard.press(key)
    }
    throw new Error(`Tab does not lead to ${target}`)
  }
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }

  it('chooses an example, a voice by typing, and a speed', async () => {
    await tabTo(page.getByRole('button', { name: 'A greeting' }))
    await press('Enter')
    await tabTo(page.getByRole('textbox', { name: 'Text' }), 'Shift+Tab')
    await press('ControlOrMeta+A')
    await page.keyboard.type('Keys are enough.')
    const voice = page.getByRole('combobox', { name: 'Voice' })
    await tabTo(voice)
    await page.keyboard.type('sar')
    await page.getByRole('option', { name: /^Sarah/ }).waitFor()
    expect(await voicesIn(page).count()).toBe(1)
    await expectAccessible(page)
    await press('Enter')
    expect(await voice.inputValue()).toBe('Sarah')
    // The list is closed, and the voice has the focus still: what is typed looks for another one.
    await page.keyboard.type('geo')
    await page.getByRole('option', { name: /^George/ }).waitFor()
    await press('Escape')
    await tabTo(page.locator('summary'))
    await press('Enter')
    await tabTo(page.getByRole('slider', { name: 'Speed' }))
    await press('ArrowRight', 'ArrowRight')
    await expectAccessible(page)
  })

  it('speaks, and the focus stays where it was', async () => {
    const button = page.getByRole('button', { name: 'Speak', exact: true })
    await tabTo(button)
    await world.mark()
    await press('Enter')
    await inClip(page, /^Stored$/).waitFor()
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
    const [request] = (await world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })).slice(-1)
    expect(request?.path).toContain('/EXAVITQu4vr4xnSDxMaL')
    expect(JSON.parse(String(request?.body))).toMatchObject({
      text: 'Keys are enough.',
      voice_settings: { speed: 1.1 },
    })
  })

  it('plays, seeks, copies, verifies', async () => {
    const clip = page.getByRole('region', { name: 'The clip' })
    await clip.getByRole('button', { name: 'Play', exact: true }).waitFor()
    await tabTo(clip.getByRole('slider', { name: 'Position' }))
    await press('Home')
    await tabTo(clip.getByRole('button', { name: 'Play', exact: true }))
    await press('Space')
    await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.2)
    await tabTo(clip.getByRole('button', { name: 'Copy the address' }))
    await press('Enter')
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(await cidOf(page))
    await tabTo(clip.getByRole('button', { name: 'Verify' }))
    await press('Enter')
    await inClip(page, 'The CID matches').waitFor()
  })

  it('plays a recent clip again, takes it from the list, and finds the code in another language', async () => {
    const recent = page.getByRole('region', { name: 'Recent clips' })
    await tabTo(recent.getByRole('button', { name: /^Play “Keys are enough/ }))
    await press('Enter')
    await inClip(page, /^Stored$/).waitFor()
    await tabTo(recent.getByRole('button', { name: 'Remove from this list' }))
    await press('Enter')
    await recent.waitFor({ state: 'detached' })
    await tabTo(page.getByRole('tab', { name: 'curl' }))
    await press('ArrowRight')
    const code = page.getByRole('region', { name: 'Code', exact: true })
    await code.getByText(/await fetch/).waitFor()
    await tabTo(code)
    expect(open.complaints).toEqual([])
  })
})

describe('the playground with an account of 46 voices', () => {
  it('finds them by what is known of them, keeps long names in their place, and plays samples', async () => {
    const sample = 'https://samples.example/3.mp3'
    const voices = Array.from({ length: 46 }, (_, index) => ({
      id: `voice-${index}`,
      name: index === 0 ? 'Rachel' : `Professor Archibald the ${index}th, Narrator of Very Long Audiobooks`,
      language: index < 40 ? 'en' : 'de',
      accent: index % 2 ? 'british' : 'american',
      gender: index % 3 ? 'male' : 'female',
      previewUrl: sample,
    }))
    const { page, close } = await openPage(browser, 'about:blank', { viewport: { width: 320, height: 640 } })
    await page.route('**/api/voices', (route) => route.fulfill({ json: { success: true, data: { voices } } }))
    let samples = 0
    await page.route(sample, (route) => {
      samples += 1
      return route.fulfill({ path: 'tests/fixtures/speech.mp3', contentType: 'audio/mpeg' })
    })
    await page.goto(world.service.baseUrl, { waitUntil: 'networkidle' })
    const voice = page.getByRole('combobox', { name: 'Voice' })
    await voice.click()
    await page.getByText('German', { exact: true }).waitFor({ state: 'attached' })
    await voice.pressSequentially('german british fem')
    await expect.poll(() => voicesIn(page).count(), patiently).toBe(1)
    await voicesIn(page).first().getByTitle('Hear a sample').click()
    await expect.poll(() => samples, patiently).toBe(1)
    await voicesIn(page).first().click()
    expect(await voice.getAttribute('title')).toMatch(/^Professor Archibald the 45th/)
    await page.getByRole('button', { name: 'Hear a sample' }).click()
    await page.getByRole('button', { name: 'Stop the sample' }).waitFor()
    await page.locator('summary').click()
    await page.getByRole('textbox', { name: 'Text' }).fill('W'.repeat(200))
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow).toBe(0)
    await close()
  })
})

describe('the playground over plain http in a local network', () => {
  it('copies and verifies, although the browser has neither a clipboard nor hashes there', async () => {
    const { port } = new URL(world.service.baseUrl)
    const { page, close } = await openPage(browser, `http://${INSECURE_HOST}:${port}`, { permissions: [] })
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false)
    await speak(page, 'Within these four walls.')
    await inClip(page, /^Stored$/).waitFor()
    await page.getByRole('button', { name: 'Verify' }).click()
    await inClip(page, 'The CID matches').waitFor()
    const cid = await cidOf(page)
    await page.getByRole('button', { name: 'Copy the CID' }).click()
    const text = page.getByRole('textbox', { name: 'Text' })
    await text.fill('')
    await text.focus()
    await page.keyboard.press('ControlOrMeta+V')
    expect(await text.inputValue()).toBe(cid)
    await close()
  })
})

describe('the playground of a service with VOCALIZE_API_KEYS', () => {
  it('asks for a key', async () => {
    const service = await startService({
      environment: { SPEECH_PROVIDER: 'local', VOCALIZE_API_KEYS: 'open-sesame' },
    })
    const { page, close } = await openPage(browser, service.baseUrl, {
      viewport: { width: 390, height: 844 },
    })
    await page.getByRole('textbox', { name: 'Text' }).fill('Let me in.')
    expect(await page.getByRole('button', { name: 'Speak' }).isDisabled()).toBe(true)
    await page.getByLabel('API key').fill('wrong')
    await page.getByText('The key is wrong').waitFor()
    await page.getByLabel('Voice id').fill('slt')
    await page.getByRole('button', { name: 'Speak' }).click()
    await page.getByRole('alert').getByText('The key does not open this service').waitFor()
    await page.getByLabel('API key').fill('open-sesame')
    await page.getByRole('combobox', { name: 'Voice' }).waitFor()
    await page.getByRole('button', { name: 'Speak' }).click()
    await inClip(page, /^Pending until/).waitFor()
    await expectAccessible(page)
    await close()
    await cleanUpServices()
  })
})
