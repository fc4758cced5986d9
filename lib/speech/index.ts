import { availableParallelism } from 'node:os'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { createElevenLabsSpeech } from './elevenlabs.ts'
import { createLocalSpeech } from './local.ts'
import { limitSpeech } from './slots.ts'
import type { Speech } from './speech.ts'

/** The voice that `config` asks for, with as many speaking at once as it allows. */
export function createSpeech(config: Config['speech'], { clock }: { clock: Clock }): Speech {
  const { concurrency, timeoutMs } = config
  const { apiKey, baseUrl, modelId, outputFormat } = config.elevenLabs
  if (config.provider === 'elevenlabs' && apiKey) {
    const speech = createElevenLabsSpeech({ apiKey, baseUrl, modelId, outputFormat, timeoutMs, clock })
    return limitSpeech(speech, { concurrency, clock })
  }
  // More threads than cores speak no faster; two let a short text pass a long one.
  const useful = Math.max(2, availableParallelism() - 1)
  return limitSpeech(createLocalSpeech({ outputFormat, timeoutMs, clock }), {
    concurrency: Math.min(concurrency, useful),
    clock,
  })
}
