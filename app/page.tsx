import { getService } from '#lib/http/service.ts'
import { Playground } from './_playground/playground.tsx'
import { pageBaseUrl } from './_shared/base-url.ts'

export default async function PlaygroundPage() {
  const { access } = getService().services.config
  return (
    <Playground
      baseUrl={await pageBaseUrl()}
      maxTextLength={access.maxTextLength}
      maxScriptLength={access.maxScriptLength}
      needsKey={access.vocalizeApiKeys.length > 0}
    />
  )
}
