import { headers } from 'next/headers'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { getService } from '#lib/http/service.ts'

/** What the URLs of this service start with, on the page that is being rendered. */
export async function pageBaseUrl(): Promise<string> {
  const request = { headers: await headers(), url: 'http://localhost' }
  return publicBaseUrl(getService().services.config, request)
}
