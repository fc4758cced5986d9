import type { Metadata } from 'next'
import { embedSize } from '#lib/http/answers/oembed.ts'
import { socialImage } from '#lib/http/social-image.ts'
import { audioTypeLabel, formatBytes, formatDuration, providerLabel } from '../../_shared/format.ts'
import { headOf } from './gone.tsx'
import { type PageOfClip, readPage } from './read-page.ts'

/** What link previews and search engines get to see of the page of a clip. */
export async function clipMetadata(name: string): Promise<Metadata> {
  const { page, problem } = await readPage(name)
  if (!page) return { title: headOf(problem) }
  const { title, clip, baseUrl } = page
  const description = describe(page)
  const oembedUrl = `${baseUrl}/api/oembed?format=json&url=${encodeURIComponent(clip.pageUrl)}`
  const player = { playerUrl: `${baseUrl}/embed/${clip.id}`, streamUrl: clip.audioUrl, ...embedSize }
  return {
    title,
    description,
    alternates: {
      canonical: clip.pageUrl,
      types: { 'application/json+oembed': [{ url: oembedUrl, title }] },
    },
    // What may end is not worth finding.
    ...(clip.state !== 'stored' && { robots: { index: false } }),
    openGraph: {
      type: 'website',
      siteName: 'Voicepin',
      title,
      description,
      url: clip.pageUrl,
      images: [socialImage],
      ...(clip.mimeType && { audio: [{ url: clip.audioUrl, type: clip.mimeType }] }),
    },
    twitter: { card: 'player', title, description, images: [socialImage], players: [player] },
  }
}

/** The clip in a sentence or two. */
function describe({ clip, voiceName }: PageOfClip): string {
  const { cid, durationMs, bytes, mimeType, spokenBy, provider, state } = clip
  if (!cid || !durationMs || !bytes || !mimeType) return 'This clip is being spoken.'
  const voice = voiceName ?? spokenBy?.voiceId
  const facts = `${formatDuration(durationMs)} of speech${voice ? ` by ${voice}` : ''} (${audioTypeLabel(mimeType)}, ${formatBytes(bytes)}).`
  if (state !== 'stored' || !provider) return `${facts} IPFS does not have it yet; its CID is ${cid}.`
  return `${facts} Kept by ${providerLabel(provider)}; anyone can verify it by its IPFS address, ${cid}.`
}
