import { availableParallelism } from 'node:os'
import type { Config } from '#lib/config/index.ts'
import type { Clock } from '#lib/platform/clock.ts'
import { createElevenLabsSpeech } from '#lib/speech/elevenlabs/adapter.ts'
import { createLocalSpeech } from '#lib/speech/local/adapter.ts'
import { limitSpeech } from './concurrency.ts'
import type { Speech } from './speech.ts'

/** The speech vendor of `config`, limited to its number of concurrent requests. */
export function createSpeech(config: Config['speech'], { clock }: { clock: Clock }): Speech {
  const { concurrency, timeoutMs } = config
  const { apiKey, baseUrl, modelId, outputFormat } = config.elevenLabs
  if (config.provider === 'elevenlabs' && apiKey) {
    const speech = createElevenLabsSpeech({ apiKey, baseUrl, modelId, outputFormat, timeoutMs, clock })
    return limitSpeech(speech, { concurrency, clock })
  }
  // More threads than cores speak no faster; with two a short text need not wait for a long one.
  const usefulThreads = Math.max(2, availableParallelism() - 1)
  return limitSpeech(createLocalSpeech({ outputFormat, timeoutMs, clock }), {
    concurrency: Math.min(concurrency, usefulThreads),
    clock,
  })
}
