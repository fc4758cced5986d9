import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { useVendors } from '../support/world.ts'
import { speakThroughCrashes } from './script/run.ts'

const world = useVendors()
let browser: Awaited<ReturnType<typeof launchBrowser>>
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

it('100,000 characters, killed five times and without quota for a while, are paid once and become one clip', async () => {
  const { script, service, paid, cut, lost, grownMiB } = await speakThroughCrashes(world.vendors, {
    characters: 100_000,
    kills: 5,
    withoutQuotaMs: 5000,
    pieceMs: 1000,
  })
  const { clip, pieces } = script
  const sumMs = pieces.reduce((sum: number, piece: { durationMs: number }) => sum + piece.durationMs, 0)
  console.log({
    pieces: pieces.length,
    cut,
    lost,
    grownMiB,
    bytes: clip.bytes,
    durationMs: clip.durationMs,
    sumMs,
  })
  expect(paid.size).toBe(script.pieceCount)
  // What was on the disk is never paid for again.
  expect([...paid.values()].reduce((sum, count) => sum + count, 0)).toBe(script.pieceCount + lost)
  expect(Math.abs(clip.durationMs - sumMs)).toBeLessThan(50)
  // Some pieces at once, of a clip of 48 MB.
  expect(grownMiB).toBeLessThan(24)

  const page = await browser.newPage()
  await page.goto(`${service.baseUrl}/api/health`)
  const played = await page.evaluate(async (url) => {
    const audio = new Audio(url)
    audio.preload = 'metadata'
    await new Promise((resolve, reject) => {
      audio.onloadedmetadata = resolve
      audio.onerror = () => reject(new Error(audio.error?.message))
    })
    const { duration } = audio
    // Over a joint, and to the end.
    const places = [149, duration - 2]
    for (const place of places) {
      audio.currentTime = place
      await audio.play()
      await new Promise((resolve) => {
        const look = () => (audio.currentTime > place + 1.2 || audio.ended) && resolve(undefined)
        audio.ontimeupdate = look
        audio.onended = look
      })
    }
    return { durationMs: duration * 1000, currentTime: audio.currentTime }
  }, `${service.baseUrl}/api/temp-audio/${clip.id}`)
  expect(Math.abs(played.durationMs - sumMs)).toBeLessThan(50)
}, 600_000)
