import { availableParallelism } from 'node:os'
import type { Config } from '#lib/config/index.ts'
import type { SpeechVendorName } from '#lib/config/speech.ts'
import type { Clock } from '#lib/platform/clock.ts'
import { createElevenLabsSpeech } from '#lib/speech/elevenlabs/adapter.ts'
import { createLocalSpeech } from '#lib/speech/local/adapter.ts'
import { limitSpeech } from './concurrency.ts'
import { withFittedRequests } from './fitted-requests.ts'
import type { Speech } from './speech.ts'

type SpeechConfig = Config['speech']

/** The speech vendor of `config`, limited to its number of concurrent requests. */
export function createSpeech(config: SpeechConfig, { clock }: { clock: Clock }): Speech {
  const speech = withFittedRequests(builders(config, clock)[config.provider]())
  return limitSpeech(speech, { concurrency: concurrencyOf(config), clock })
}

function builders(config: SpeechConfig, clock: Clock): Record<SpeechVendorName, () => Speech> {
  const { elevenLabs, timeoutMs } = config
  const common = { timeoutMs, clock }
  return {
    elevenlabs: () => createElevenLabsSpeech({ ...elevenLabs, ...common }),
    // It stands in for ElevenLabs, so that it has the same defaults.
    local: () =>
      createLocalSpeech({ modelId: elevenLabs.modelId, outputFormat: elevenLabs.outputFormat, ...common }),
  }
}

function concurrencyOf({ provider, concurrency }: SpeechConfig): number {
  if (provider !== 'local') return concurrency
  // More threads than cores speak no faster; with two a short text need not wait for a long one.
  const usefulThreads = Math.max(2, availableParallelism() - 1)
  return Math.min(concurrency, usefulThreads)
}
