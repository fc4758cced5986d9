import { headers } from 'next/headers'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { getService } from '#lib/http/service.ts'
import { Playground } from './_playground/playground.tsx'

export default async function PlaygroundPage() {
  const request = { headers: await headers(), url: 'http://localhost' }
  const { config } = getService().services
  return (
    <Playground
      baseUrl={publicBaseUrl(config, request)}
      maxTextLength={config.access.maxTextLength}
      needsKey={config.access.vocalizeApiKeys.length > 0}
    />
  )
}
