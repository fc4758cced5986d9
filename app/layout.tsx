import '@fontsource-variable/inter/index.css'
import '@fontsource-variable/jetbrains-mono/index.css'
import '@mantine/core/styles.css'
import './globals.css'
import { ColorSchemeScript, mantineHtmlProps } from '@mantine/core'
import type { Metadata, Viewport } from 'next'
import { headers } from 'next/headers'
import type { ReactNode } from 'react'
import { socialImage } from '#lib/http/social-image.ts'
import { pageBaseUrl } from './_shared/base-url.ts'
import { Providers } from './_shared/providers.tsx'
import { SiteHeader } from './_shared/site-header.tsx'

/** Made for each request, since the picture of a preview needs an absolute URL. */
export async function generateMetadata(): Promise<Metadata> {
  return {
    metadataBase: new URL(await pageBaseUrl()),
    title: { default: 'Voicepin', template: '%s · Voicepin' },
    description: 'Text to speech with a permanent, verifiable IPFS address',
    icons: { apple: '/apple-touch-icon.png' },
    manifest: '/manifest.webmanifest',
    openGraph: {
      type: 'website',
      siteName: 'Voicepin',
      images: [socialImage],
    },
    twitter: { card: 'summary_large_image' },
  }
}

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f6f8f7' },
    { media: '(prefers-color-scheme: dark)', color: '#0d1311' },
  ],
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get('X-Nonce') ?? undefined
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <ColorSchemeScript nonce={nonce} defaultColorScheme="auto" />
      </head>
      <body>
        <Providers nonce={nonce}>
          <SiteHeader />
          {children}
        </Providers>
      </body>
    </html>
  )
}
