import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { independentCid } from '../support/content-id.ts'
import { expectAccessible, type OpenPage, openPage } from '../support/page.ts'
import { cleanUpServices, startService } from '../support/service.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { useWorld } from '../support/world.ts'

const anyOrigin = { 'access-control-allow-origin': '*' }
const world = useWorld()
let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

async function speak(page: Page, text: string) {
  await page.getByRole('textbox', { name: 'Text' }).fill(text)
  await page.getByRole('button', { name: 'Speak' }).click()
}
const inClip = (page: Page, text: string | RegExp) =>
  page.getByRole('region', { name: 'The clip' }).getByText(text)
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

  it('speaks the text and shows the provider that stored the clip', async () => {
    await speak(page, 'Nothing is as permanent as a good address.')
    await inClip(page, /^Stored$/).waitFor()
    await inClip(page, /^by Pinata/).waitFor()
    expect(await page.getByRole('link', { name: '/ipfs/' }).getAttribute('href')).toContain(await cidOf(page))
  })

  it('plays the clip, which is not silent', async () => {
    await page.getByRole('button', { name: 'Play' }).click()
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
    const isDrawn = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('*')].some((element) => element.shadowRoot?.querySelector('canvas')),
      )
    expect(await isDrawn()).toBe(true)
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
    await page.getByRole('button', { name: 'Play' }).click()
    await at(0.1)
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
      await page.getByRole('button', { name: button }).click()
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
    await page.getByRole('button', { name: 'Play' }).waitFor()
    await page.locator('audio').evaluate((audio: HTMLAudioElement) => {
      audio.currentTime = audio.duration - 0.02
    })
    await inClip(page, /^again\.$/).waitFor()
    expect(open.complaints).toEqual([])
    await world.vendors.speak({ chunkPauseMs: 0, msPerCharacter: 60 })
  })

  it('shows the equivalent command, with quotes that a shell understands', async () => {
    await page.getByRole('textbox', { name: 'Text' }).fill(`It's "here"`)
    const command = await page.getByLabel('Command', { exact: true }).textContent()
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

  it('shows why the service has refused a text', async () => {
    await world.vendors.next('elevenlabs', statusFault(401, { code: 'quota_exceeded' }))
    await speak(page, 'Too much.')
    await page.getByRole('alert').getByText(/quota/i).waitFor()
    await expectAccessible(page)
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
    await page.getByRole('alert').getByText('The key is wrong').waitFor()
    await page.getByLabel('API key').fill('open-sesame')
    await page.getByRole('combobox', { name: 'Voice' }).waitFor()
    await page.getByRole('button', { name: 'Speak' }).click()
    await inClip(page, /^Pending until/).waitFor()
    await expectAccessible(page)
    await close()
    await cleanUpServices()
  })
})
