import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { parseBuffer } from 'music-metadata'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from './browser.ts'
import { independentCid } from './content-id.ts'
import type { Json } from './json.ts'
import { cleanUpServices, newDirectory, type Service, startService } from './service.ts'

const sentence = 'The quick brown fox, number 42, jumps over the lazy dog, and then goes home to sleep. '
const MAX_DRIFT_SECONDS = 0.05

/** What ffprobe measures; `undefined` where this machine has none. */
async function probedSeconds(file: string): Promise<number | undefined> {
  const entries = ['-show_entries', 'format=duration', '-of', 'csv=p=0']
  try {
    const { stdout } = await promisify(execFile)('ffprobe', ['-v', 'error', ...entries, file])
    return Number(stdout)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

interface Heard {
  url: string
  bytes: Uint8Array
  type: string | null
  seconds: number
  probedSeconds: number | undefined
}

/** What holds for so many `sentences`, which last more than `seconds` together, spoken and re-encoded. */
export function describeOptimizedSpeech(
  title: string,
  { sentences, seconds }: { sentences: number; seconds: number },
): void {
  describe(title, { timeout: 240_000 }, () => {
    const text = sentence.repeat(sentences).trim()
    let service: Service
    let browser: Browser
    let page: Page
    let spoken: Heard
    let optimized: Heard
    let clip: Json

    async function hear(url: string): Promise<Heard> {
      const response = await fetch(url)
      const bytes = await response.bytes()
      const type = response.headers.get('content-type')
      const { format } = await parseBuffer(bytes, { mimeType: type ?? '' }, { duration: true })
      const file = path.join(await newDirectory(), 'clip')
      await writeFile(file, bytes)
      return { url, bytes, type, seconds: format.duration ?? 0, probedSeconds: await probedSeconds(file) }
    }

    beforeAll(async () => {
      ;[service, browser] = await Promise.all([
        startService({ environment: { AUDIO_OPTIMIZE: 'opus', SPEECH_TIMEOUT_MS: '180000' } }),
        launchBrowser(),
      ])
      page = await browser.newPage()
      const { body } = await service.vocalize({ text, voiceId: 'slt' })
      clip = (await (await service.fetch(`/api/clips/${body.data.id}`)).json()).data
      optimized = await hear(body.data.audioUrl)
      const stream = await service.fetch('/api/agents/vocalize/stream', {
        method: 'POST',
        body: JSON.stringify({ text, voiceId: 'slt' }),
      })
      await stream.body?.cancel()
      await service.waitForLog((line) => line.clipId === stream.headers.get('x-clip-id'), 120_000)
      spoken = await hear(`${service.baseUrl}/api/temp-audio/${stream.headers.get('x-clip-id')}`)
    }, 240_000)
    afterAll(async () => {
      await browser?.close()
      await cleanUpServices()
    })

    it('are stored as Opus of less than half the bytes, and the record says what they were', async () => {
      expect(clip).toMatchObject({
        mimeType: 'audio/ogg',
        bytes: optimized.bytes.length,
        cid: await independentCid(optimized.bytes),
        original: { mimeType: 'audio/mpeg', bytes: spoken.bytes.length },
      })
      expect(optimized.type).toBe('audio/ogg')
      expect(optimized.bytes.length).toBeLessThan(spoken.bytes.length / 2)
    })

    it('last as long as before, for music-metadata and for ffprobe', () => {
      expect(optimized.seconds).toBeGreaterThan(seconds)
      expect(Math.abs(optimized.seconds - spoken.seconds)).toBeLessThanOrEqual(MAX_DRIFT_SECONDS)
      expect(Math.abs(clip.durationMs - clip.original.durationMs) / 1000).toBeLessThanOrEqual(
        MAX_DRIFT_SECONDS,
      )
      const [before, after] = [spoken.probedSeconds, optimized.probedSeconds]
      if (before !== undefined && after !== undefined) {
        expect(Math.abs(after - before)).toBeLessThanOrEqual(MAX_DRIFT_SECONDS)
      }
    })

    it('play in Chromium before and after, to the end, and sound alike', async () => {
      const [before, after] = [await play(page, spoken.url), await play(page, optimized.url)]

      for (const { moved, ended } of [before, after]) {
        expect(moved).toBeGreaterThan(0.3)
        expect(ended).toBe(true)
      }
      expect(Math.abs(after.duration - before.duration)).toBeLessThanOrEqual(MAX_DRIFT_SECONDS)
      expect(after.rms).toBeGreaterThan(0.02)
      expect(after.rms / before.rms).toBeCloseTo(1, 1)
    })
  })
}

/** Plays the beginning and the end of the audio at `url`, and measures how loud it is. */
function play(page: Page, url: string) {
  return page.evaluate(async (source) => {
    const audio = new Audio(source)
    const until = (name: string, isReached = () => true) =>
      new Promise<void>((resolve) => audio.addEventListener(name, () => isReached() && resolve()))
    await audio.play()
    await until('timeupdate', () => audio.currentTime > 0.3)
    const moved = audio.currentTime
    const ended = until('ended')
    audio.currentTime = audio.duration - 1
    await ended
    const bytes = await (await fetch(source)).arrayBuffer()
    const decoded = await new OfflineAudioContext(1, 1, 44_100).decodeAudioData(bytes)
    const samples = decoded.getChannelData(0)
    const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
    return { duration: audio.duration, moved, ended: audio.ended, rms }
  }, url)
}
