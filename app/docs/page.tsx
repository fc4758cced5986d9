import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { Reference } from './_parts/reference.tsx'

export const metadata: Metadata = { title: 'API' }

export default async function DocsPage() {
  return <Reference nonce={(await headers()).get('X-Nonce') ?? undefined} />
}
