import { createDocument } from 'zod-openapi'
import type { Config } from '#lib/config/index.ts'
import { clipPaths } from './clips.ts'
import { dropInPaths } from './drop-in.ts'
import { gatewayPaths } from './gateway.ts'
import { operationPaths } from './operations.ts'
import { securitySchemes } from './parts.ts'
import { speakingPaths } from './speaking.ts'
import { webhooks } from './webhooks.ts'

/**
 * Describes the whole interface, from the schemas that check the requests.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function describeInterface(config: Config, baseUrl: string) {
  const description = descriptions.get(config) ?? describe(config)
  descriptions.set(config, description)
  return { ...description, servers: [{ url: baseUrl }] }
}

/** Takes some milliseconds to make and is always the same. */
const descriptions = new WeakMap<Config, ReturnType<typeof describe>>()

function describe(config: Config) {
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Voicepin',
      version: '0.1.0',
      description: 'Text to speech with a permanent, verifiable IPFS address.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: [
      { name: 'Speech', description: 'From a text to a clip.' },
      { name: 'Drop-in', description: 'For programs written for ElevenLabs or OpenAI: change the base URL.' },
      { name: 'Clips', description: 'What became of a clip, and its bytes.' },
      { name: 'Operation', description: 'For operators and their machines.' },
    ],
    components: { securitySchemes },
    webhooks,
    paths: {
      ...speakingPaths(config),
      ...dropInPaths(config),
      ...clipPaths,
      ...gatewayPaths,
      ...operationPaths,
    },
  })
}
