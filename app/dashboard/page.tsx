import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { hasSession } from '#lib/http/admin-session.ts'
import { getService } from '#lib/http/service.ts'
import { pageBaseUrl } from '../_shared/base-url.ts'
import { Dashboard } from './_parts/dashboard.tsx'
import { SignIn } from './_parts/sign-in.tsx'

export const metadata: Metadata = { title: 'Dashboard' }

export default async function DashboardPage() {
  const asked = await headers()
  const { services } = getService()
  const { access } = services.config
  // Without the catalog there is nothing to see: nobody counts as signed in.
  const isSignedIn = await hasSession(services, asked).catch(() => false)
  if (!isSignedIn) return <SignIn isOpen={Boolean(access.adminApiKey)} />
  const firstClip = {
    baseUrl: await pageBaseUrl(),
    voiceId: services.speech.vendor.exampleVoiceId,
    needsKey: access.vocalizeApiKeys.length > 0,
  }
  return <Dashboard firstClip={firstClip} />
}
