import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeTone, join, pieceOf } from '../support/audio-pieces.ts'
import { launchBrowser } from '../support/browser.ts'
import { independentCid } from '../support/content-id.ts'
import type { Service } from '../support/service.ts'
import { cleanUpServices, startService } from '../support/service.ts'

describe('the built-in voice, with no variable set', () => {
  let service: Service
  let browser: Browser
  let page: Page
  let url: string

  beforeAll(async () => {
    ;[service, browser] = await Promise.all([startService(), launchBrowser()])
    page = await browser.newPage()
    const text = 'The quick brown fox jumps over the lazy dog, twice, and then goes home.'
    const { status, body } = await service.vocalize({ text, voiceId: 'slt' })
    expect(status).toBe(200)
    expect(body.data).toMatchObject({ isTemporary: true, mimeType: 'audio/mpeg', characters: text.length })
    url = body.data.audioUrl
    const audio = await (await fetch(url)).bytes()
    expect(audio.length).toBe(body.data.bytes)
    expect(await independentCid(audio)).toBe(body.data.cid)
  })
  afterAll(async () => {
    await browser?.close()
    await cleanUpServices()
  })

  it('warns once that it speaks in place of ElevenLabs', () => {
    const warnings = service.log.filter(
      ({ level, msg }) => level === 'warn' && msg.includes('ELEVENLABS_API_KEY'),
    )
    expect(warnings).toHaveLength(1)
  })

  it('plays in Chromium: the duration is finite and the time moves', async () => {
    const { duration, moved } = await page.evaluate(async (source) => {
      const audio = new Audio(source)
      await audio.play()
      const { promise, resolve } = Promise.withResolvers<void>()
      audio.addEventListener('timeupdate', () => audio.currentTime > 0.3 && resolve())
      await promise
      audio.pause()
      return { duration: audio.duration, moved: audio.currentTime }
    }, url)
    expect(duration).toBeGreaterThan(2)
    expect(duration).toBeLessThan(30)
    expect(moved).toBeGreaterThan(0.3)
  })

  it.each([
    ['mp3_22050_32', 'audio/mpeg'],
    ['opus_48000_64', 'audio/ogg'],
  ])(
    'plays 60 joined pieces of %s as long as they last, within 50 ms, and to the end',
    async (format, mimeType) => {
      const tones = [await encodeTone(format, 211, 300), await encodeTone(format, 333, 500)]
      const pieces = await Promise.all(
        Array.from({ length: 60 }, (_, index) => pieceOf(tones[index % 2] as Buffer, format)),
      )
      const joined = await join(pieces, format)

      const { duration, end } = await page.evaluate(
        async (source) => {
          const audio = new Audio(source)
          await new Promise((resolve) => audio.addEventListener('loadedmetadata', resolve, { once: true }))
          audio.currentTime = audio.duration - 0.3
          const ended = new Promise((resolve) => audio.addEventListener('ended', resolve, { once: true }))
          await audio.play()
          await ended
          return { duration: audio.duration, end: audio.currentTime }
        },
        `data:${mimeType};base64,${joined.toString('base64')}`,
      )

      const sumMs = pieces.reduce((sum, piece) => sum + piece.durationMs, 0)
      expect(Math.abs(duration * 1000 - sumMs)).toBeLessThan(50)
      expect(Math.abs(end * 1000 - sumMs)).toBeLessThan(50)
    },
  )

  it('can be sought: near its end it plays on from there', async () => {
    const { asked, reached, ended } = await page.evaluate(async (source) => {
      const audio = new Audio(source)
      await new Promise((resolve) => audio.addEventListener('loadedmetadata', resolve, { once: true }))
      const asked = audio.duration - 0.5
      audio.currentTime = asked
      await new Promise((resolve) => audio.addEventListener('seeked', resolve, { once: true }))
      const reached = audio.currentTime
      await audio.play()
      await new Promise((resolve) => audio.addEventListener('ended', resolve, { once: true }))
      return { asked, reached, ended: audio.ended }
    }, url)
    expect(reached).toBeCloseTo(asked, 1)
    expect(ended).toBe(true)
  })

  it('is speech, not silence', async () => {
    const rms = await page.evaluate(async (source) => {
      const bytes = await (await fetch(source)).arrayBuffer()
      const decoded = await new OfflineAudioContext(1, 1, 44_100).decodeAudioData(bytes)
      const samples = decoded.getChannelData(0)
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
    }, url)
    expect(rms).toBeGreaterThan(0.02)
    expect(rms).toBeLessThan(0.7)
  })
})
