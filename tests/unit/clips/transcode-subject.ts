import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { vocalize } from '#lib/clips/vocalize.ts'
import type { Services } from '#lib/context.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { createLocalSpeech } from '#lib/speech/local/adapter.ts'
import { testServices } from '../../support/services.ts'

const environment = { AUDIO_OPTIMIZE: 'opus' }
const LONG_MS = 10_000

/** Services that store clips as Opus, and a voice whose clips last long enough for that. */
export async function optimizingServices() {
  const world = await testServices({ clock: systemClock, environment })
  world.speech.durationMs = LONG_MS
  const fileOf = (id: string) => readFile(path.join(world.audioDirectory, id))
  return { ...world, fileOf }
}

/** The same services with the built-in voice, until the test ends. */
export function withLocalVoice(services: Services): Services {
  const speech = createLocalSpeech({
    modelId: 'eleven_multilingual_v2',
    outputFormat: 'mp3_44100_128',
    timeoutMs: 60_000,
    clock: systemClock,
  })
  onTestFinished(() => speech.close())
  return { ...services, speech: { ...speech, states: () => [] } }
}

/** Has a text spoken as `outputFormat`, and expects that it is stored as Opus: smaller, and as long. */
export async function expectToBecomeOpus(outputFormat: string): Promise<void> {
  const { services } = await optimizingServices()
  const text = 'A text of some length, so that there is something to save. '.repeat(4)
  const request = { text, voiceId: 'slt', outputFormat }

  const clip = await vocalize(withLocalVoice(services), request, { requestId: 'request' })

  const { originalSizeBytes, originalDurationMs } = (await services.catalog.clips.find(clip.id)) ?? {}
  expect(clip.mimeType).toBe('audio/ogg')
  expect(clip.sizeBytes).toBeLessThan((originalSizeBytes ?? 0) * 0.8)
  expect(Math.abs(clip.durationMs - (originalDurationMs ?? 0))).toBeLessThanOrEqual(50)
}
