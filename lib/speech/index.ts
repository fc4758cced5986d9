import { availableParallelism } from 'node:os'
import type { Config } from '#lib/config/index.ts'
import type { SpeechVendorName } from '#lib/config/speech.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import { type ChainOptions, createSpeechChain } from './chain/chain.ts'
import { createVoiceMap } from './chain/voice-map.ts'
import { limitSpeech } from './concurrency.ts'
import { createElevenLabsSpeech } from './elevenlabs/adapter.ts'
import { withEncodedFormats } from './encoded-formats.ts'
import { createLocalSpeech } from './local/adapter.ts'
import { createOpenAiSpeech } from './openai/adapter.ts'
import type { Speech, SpeechChain } from './speech.ts'

type SpeechConfig = Config['speech']
type Vendors = [Speech, ...Speech[]]

/** The speech vendors of `config`, in their order, each limited to its number of concurrent requests. */
export function createSpeech(
  config: SpeechConfig,
  {
    redis,
    ...options
  }: Pick<ChainOptions, 'clock' | 'onAttempt' | 'onNote' | 'breakerSync'> & {
    redis?: RedisConnections | undefined
  },
): SpeechChain {
  const { clock } = options
  const build = builders(config, clock)
  const [wanted, ...standIns] = config.providers
  return createSpeechChain({
    ...options,
    vendors: [build[wanted](), ...standIns.map((name) => build[name]())].map(withEncodedFormats) as Vendors,
    limit: (speech) => {
      const { name } = speech.vendor
      // The built-in voice is bound by the cores of each machine, not by an account.
      return limitSpeech(speech, {
        concurrency: concurrencyOf(config, name),
        clock,
        redis: name === 'local' ? undefined : redis,
      })
    },
    voiceMap: createVoiceMap(config.voiceMap),
    timeoutMs: config.timeoutMs,
    firstByteTimeoutMs: config.firstByteTimeoutMs,
  })
}

function builders(config: SpeechConfig, clock: Clock): Record<SpeechVendorName, () => Speech> {
  const { elevenLabs, openAi, timeoutMs } = config
  const common = { timeoutMs, clock }
  return {
    elevenlabs: () => createElevenLabsSpeech({ ...elevenLabs, ...common }),
    openai: () => createOpenAiSpeech({ ...openAi, outputFormat: elevenLabs.outputFormat, ...common }),
    // It stands in for ElevenLabs, so that it has the same defaults.
    local: () =>
      createLocalSpeech({ modelId: elevenLabs.modelId, outputFormat: elevenLabs.outputFormat, ...common }),
  }
}

function concurrencyOf({ concurrency }: SpeechConfig, name: SpeechVendorName): number {
  if (name !== 'local') return concurrency
  // More threads than cores speak no faster; with two a short text need not wait for a long one.
  const usefulThreads = Math.max(2, availableParallelism() - 1)
  return Math.min(concurrency, usefulThreads)
}
