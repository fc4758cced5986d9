import { createDocument } from 'zod-openapi'
import type { Services } from '#lib/context.ts'
import { cacheableBaseUrl } from '#lib/http/origin.ts'
import { software } from '#lib/model/software.ts'
import { oncePer } from '#lib/platform/once-per.ts'
import { clipPaths } from './clips.ts'
import { complete } from './complete.ts'
import { dropInPaths } from './drop-in.ts'
import { dropInListPaths } from './drop-in-lists.ts'
import { gatewayPaths } from './gateway.ts'
import { operationPaths } from './operations.ts'
import { securitySchemes } from './parts.ts'
import { scriptPaths } from './scripts.ts'
import { speakingPaths } from './speaking.ts'
import { webhooks } from './webhooks.ts'

/**
 * The OpenAPI description of every route, made from the schemas that check the requests.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export const describeInterface = oncePer((services: Pick<Services, 'config' | 'speech'>) => {
  const document = createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: software.name,
        version: software.version,
        description: 'Text to speech with a permanent, verifiable IPFS address.',
        license: { name: 'MIT', identifier: 'MIT' },
        contact: { name: 'Whoever runs this service' },
      },
      // Relative to the address of the description; it is cached, and must not name what a caller said.
      servers: [{ url: cacheableBaseUrl(services.config) || '/' }],
      tags: [
        { name: 'Speech', description: 'Turn a text into a clip.' },
        {
          name: 'Drop-in',
          description: 'For programs written for ElevenLabs or OpenAI: only the base URL changes.',
        },
        { name: 'Clips', description: 'The state of a clip, and its audio.' },
        { name: 'Operation', description: 'For operators and monitoring.' },
      ],
      components: { securitySchemes },
      webhooks,
      paths: {
        ...speakingPaths(services),
        ...scriptPaths(services),
        ...dropInPaths(services.config),
        ...dropInListPaths(services.config),
        ...clipPaths,
        ...gatewayPaths,
        ...operationPaths,
      },
    },
    { override: ({ jsonSchema }) => plain(jsonSchema) },
  )
  return complete(document)
})

/**
 * Without what zod says of every integer, which generators of examples take for sizes, and with patterns that need no flag:
 * not all who read them know Unicode classes.
 */
function plain(schema: { minimum?: number; maximum?: number; pattern?: string }) {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (schema.pattern) {
    schema.pattern = schema.pattern
      .replaceAll('\\P{Cc}', '[^\\u0000-\\u001f\\u007f-\\u009f]')
      .replaceAll('\\p{Cc}', '\\u0000-\\u001f\\u007f-\\u009f')
      .replaceAll('\\p{Cs}', '\\ud800-\\udfff')
  }
}
