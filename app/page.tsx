import { getService } from '#lib/http/service.ts'
import { abilitiesOf } from './_playground/abilities.ts'
import { Playground } from './_playground/playground.tsx'
import { pageBaseUrl } from './_shared/base-url.ts'

export default async function PlaygroundPage() {
  const { config, speech } = getService().services
  const { access } = config
  return (
    <Playground
      baseUrl={await pageBaseUrl()}
      abilities={abilitiesOf(speech)}
      maxTextLength={access.maxTextLength}
      maxScriptLength={access.maxScriptLength}
      needsKey={access.vocalizeApiKeys.length > 0}
    />
  )
}
