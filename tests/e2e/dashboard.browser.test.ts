import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { ADMIN_KEY } from '../support/operator.ts'
import { expectAccessible, type OpenPage, openPage } from '../support/page.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { useWorld } from '../support/world.ts'

// No timer tries a clip at a moment of its own: what happens to them is the operator's doing.
const world = useWorld({ environment: { BACKGROUND: 'off' } })
let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

describe('the dashboard', () => {
  let open: OpenPage
  let page: Page
  beforeAll(async () => {
    open = await openPage(browser, `${world.service.baseUrl}/dashboard`)
    page = open.page
  })
  afterAll(() => open?.close())

  const listed = async (query: string) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}` }
    return (await (await world.service.fetch(`/api/admin/clips?${query}`, { headers })).json()).data
  }
  const pending = () => listed('state=pending')
  async function expectToFitPhones() {
    const before = page.viewportSize()
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 844 })
      // Charts take their new width a moment later.
      await page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth)
    }
    if (before) await page.setViewportSize(before)
  }
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

  it('says what to do first where nothing was spoken yet, in place of stats of nothing', async () => {
    await page.getByRole('heading', { name: 'No clip yet' }).waitFor()
    await page.getByText('All is well').waitFor()
    const command = await page.getByRole('region', { name: 'The command' }).innerText()
    expect(command).toContain(`curl -s ${world.service.baseUrl}/api/agents/vocalize`)
    expect(await page.getByRole('region', { name: 'Clips' }).count()).toBe(0)
    await expectAccessible(page)
    await expectToFitPhones()
  })

  it('updates a stat as soon as it changes', async () => {
    await world.service.vocalize()
    await stat('On IPFS').getByText('100 %').waitFor()
    await page.getByText(/^1 of 1 clips/).waitFor()
    await stat('Texts spoken').getByText('100 %').waitFor()
    expect(open.complaints).toEqual([])
  })

  it('shows what there is of one moment only as a table in place of a line', async () => {
    const chart = page.getByRole('region', { name: 'Success rate over time' })
    expect(await chart.getByRole('img').count()).toBe(0)
    await chart
      .getByRole('table', { name: 'Success rate' })
      .getByRole('cell', { name: '100 %' })
      .first()
      .waitFor()
  })

  it('says that no provider works, why, and what will be lost when', async () => {
    await world.vendors.always('pinata', statusFault(503))
    // Two clips with three retries each open the breaker.
    for (const _ of [1, 2]) await world.service.vocalize()
    const attention = page.getByRole('region', { name: /Needs attention/ })
    await attention.getByText('No provider works now').waitFor()
    await attention.getByText(/^Pinata fails: .*503/).waitFor()
    await attention
      .getByText(/^2 pending clips are lost unless .* the first expires at .* in (59|60|1)/)
      .waitFor()
    await expectAccessible(page)
    await expectToFitPhones()
    await attention.getByRole('button', { name: 'Show them' }).click()
    await page.getByRole('tab', { name: 'Pending · 2' }).waitFor()
  })

  it('says truly what a retry of all has come to', async () => {
    await page.getByRole('button', { name: 'Retry all' }).click()
    const outcome = page.getByRole('alert').filter({ hasText: /failed\.|not tried: / })
    await outcome.getByText(/503/).first().waitFor()
    const told = await outcome.innerText()
    expect(told).toMatch(/^1 failed\./)
    expect(told).toMatch(/1 not tried: every provider has failed repeatedly/)
    await page.getByRole('button', { name: 'Dismiss' }).click()
  })

  it('opens a clip by the keyboard, with its sound, names and steps, and the way back closes it', async () => {
    const { clips } = await pending()
    const [clip] = clips
    await page.getByRole('button', { name: clip.id.slice(0, 12), exact: true }).focus()
    await page.keyboard.press('Enter')
    const drawer = page.getByRole('dialog')
    const timeline = drawer.getByRole('table', { name: 'Timeline' })
    await timeline.getByRole('rowheader', { name: /^Speech/ }).waitFor()
    await timeline.getByRole('rowheader', { name: /^Staging/ }).waitFor()
    const told = await timeline.innerText()
    expect(told.match(/Pinata \(request\)/g)).toHaveLength(4)
    expect(told.match(/503/g)?.length).toBeGreaterThanOrEqual(4)
    await drawer.getByText(/^Next attempt at/).waitFor()
    await drawer.getByText(clip.requestId, { exact: true }).waitFor()
    expect(await drawer.locator('audio').getAttribute('src')).toBe(`/api/temp-audio/${clip.id}`)
    expect(await drawer.getByRole('link', { name: 'Page of the clip' }).getAttribute('href')).toBe(
      `/c/${clip.id}`,
    )
    await expectAccessible(page)
    expect(new URL(page.url()).searchParams.get('clip')).toBe(clip.id)
    await page.goBack()
    await drawer.waitFor({ state: 'hidden' })
  })

  it('draws the steps of a clip in proportion to their time, and zooms to one', async () => {
    const { clips } = await pending()
    await page.getByRole('button', { name: clips[0].id.slice(0, 12), exact: true }).click()
    const drawer = page.getByRole('dialog')
    const bars = drawer.getByRole('button', { name: /^Zoom to / }).locator('span')
    await bars.first().waitFor()
    const widths = () => bars.evaluateAll((all) => all.map((bar) => Number.parseFloat(bar.style.inlineSize)))
    // Steps may overlap; together they are the whole.
    expect((await widths()).reduce((sum, width) => sum + width, 0)).toBeGreaterThan(90)
    // A step that took only a few milliseconds does not fill the shortest window.
    const wait = drawer.getByRole('button', { name: 'Zoom to Wait' }).last()
    await wait.focus()
    await page.keyboard.press('Enter')
    const zoomed = () => wait.locator('span').evaluate((bar) => Number.parseFloat(bar.style.inlineSize))
    await expect.poll(zoomed).toBeGreaterThan(50)
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
  })

  it('retries one clip, whose success takes the others along', async () => {
    const { clips } = await pending()
    await world.vendors.heal()
    await page.getByRole('button', { name: `Retry ${clips[0].id.slice(0, 12)}` }).click()
    await page.getByText('Stored by Pinata.').waitFor()
    await page.getByText('No clip is pending.').waitFor()
    await page.getByText('All is well').waitFor()
  })

  it('has the data of a chart as a table', async () => {
    const chart = page.getByRole('region', { name: 'Background retries over time' })
    await chart.getByRole('img', { name: /^Chart of/ }).waitFor()
    await chart.getByText('Data as a table').click()
    await chart.getByRole('columnheader', { name: 'Succeeded' }).waitFor()
    await chart.getByRole('table', { name: 'Background retries' }).getByRole('row').nth(1).waitFor()
  })

  it('keeps list, filters and search in its address, and the way back leads through them', async () => {
    await page.getByRole('tab', { name: /^Stored/ }).click()
    await page.getByRole('tab', { name: 'Stored · 3' }).waitFor()
    await page.getByLabel('Provider', { exact: true }).selectOption('Pinata')
    await page.waitForURL((url) => url.search === '?state=stored&provider=pinata')
    const [first] = (await listed('state=stored')).clips
    const row = page.getByRole('row', { name: new RegExp(first.id.slice(0, 12)) })
    expect(await row.innerText()).toContain(first.voiceId)
    await page.getByLabel('Search', { exact: true }).fill(first.cid)
    await page.keyboard.press('Enter')
    await page
      .getByRole('region', { name: 'Search results' })
      .getByText(first.id.slice(0, 12))
      .first()
      .waitFor()
    await page.goBack()
    await page.getByRole('tab', { name: 'Stored · 3' }).waitFor()
    // Before the figures, which name the providers, the address says which one is meant.
    const held: (() => void)[] = []
    await page.route('**/api/admin/figures*', (route) => void held.push(() => void route.continue()))
    await page.reload()
    expect(await page.getByLabel('Provider', { exact: true }).inputValue()).toBe('pinata')
    await page.unroute('**/api/admin/figures*')
    for (const letGo of held) letGo()
    await page.getByRole('tab', { name: 'Stored · 3' }).waitFor()
    expect(await page.getByLabel('Provider', { exact: true }).inputValue()).toBe('pinata')
    const loads: string[] = []
    page.on('request', (request) => request.isNavigationRequest() && loads.push(request.url()))
    await page.goBack()
    await page.goBack()
    await page.getByText('No clip is pending.').waitFor()
    await page.goForward()
    await row.waitFor()
    expect(new URL(page.url()).search).toBe('?state=stored')
    expect(loads).toEqual([])
  })

  it('never shows the rows of another list while one is loaded', async () => {
    await page.goto(`${world.service.baseUrl}/dashboard?state=stored`)
    const [{ id }] = (await listed('state=stored')).clips
    const row = page.getByRole('button', { name: id.slice(0, 12), exact: true })
    await row.waitFor()
    const held = Promise.withResolvers<void>()
    await page.route(/state=expired/, async (route) => {
      await held.promise
      await route.continue().catch(() => {})
    })
    await page.getByRole('tab', { name: 'Expired' }).click()
    await page.getByLabel('Loading the clips').waitFor()
    expect(await row.count()).toBe(0)
    held.resolve()
    await page.getByText('No clip has expired.').waitFor()
    await page.unroute(/state=expired/)
  })

  it('has no accessibility violation in either theme, also as cards on a phone, where nothing overflows', async () => {
    await page.goto(`${world.service.baseUrl}/dashboard?state=all`)
    await page.getByRole('tab', { name: /^All · / }).waitFor()
    await expectAccessible(page)
    await expectToFitPhones()
    await expectAccessible(page)
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
