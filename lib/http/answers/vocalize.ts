import type { PendingResult } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { absoluteUrl } from '#lib/model/permanent-url.ts'

const NOTE = 'Audio is temporarily stored. IPFS upload will be retried in background.'

/** The answer to `POST /api/agents/vocalize`, as the contract fixes it. */
export function vocalizeAnswer(clip: VocalizedClip, baseUrl: string) {
  const { id, cid, mimeType, sizeBytes: bytes, durationMs, characters } = clip
  const measured = { mimeType, bytes, durationMs, characters, ...(clip.isReused && { reused: true }) }
  if (clip.state === 'stored') {
    const { ipfsHash, provider } = clip
    const audioUrl = clip.permanentUrl && absoluteUrl(clip.permanentUrl, baseUrl)
    return { success: true, data: { id, audioUrl, ipfsHash, cid, provider, isTemporary: false, ...measured } }
  }
  const audioUrl = `${baseUrl}/api/temp-audio/${id}`
  const expiresAt = new Date(clip.expiresAt).toISOString()
  return { success: true, data: { id, audioUrl, cid, isTemporary: true, expiresAt, note: NOTE, ...measured } }
}

/** The answer of the retry route, as the contract fixes it. */
export function retryAnswer(
  { scrub }: Services,
  { results, ...counts }: PendingResult & { remaining: number },
  baseUrl: string,
) {
  return {
    success: true,
    ...counts,
    results: results.map((result) =>
      result.status === 'success'
        ? { ...result, url: absoluteUrl(result.url, baseUrl) }
        : { ...result, error: scrub(result.error.message) },
    ),
  }
}
