import { readConfig } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { describeInterface } from '#lib/http/openapi/document.ts'

/** The OpenAPI description of a service without any configuration. */
export function openApiJson(): string {
  const speech = { vendor: { exampleVoiceId: 'slt' } } as Services['speech']
  return JSON.stringify(describeInterface({ config: readConfig({}), speech }))
}
