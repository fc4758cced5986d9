import type { Page } from '#lib/http/documents.ts'
import { pageBaseUrl } from '../../_shared/base-url.ts'
import { Markdown } from './markdown.tsx'

/** A page of the documentation, with the address of this service in its examples. */
export async function Guide({ page }: { page: Page }) {
  const baseUrl = await pageBaseUrl()
  return <Markdown text={page.text.replaceAll('http://localhost:3000', baseUrl)} />
}
