import { z } from 'zod'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { absoluteUrl } from '#lib/model/permanent-url.ts'
import { captionsAnswer, captionsField } from './captions.ts'
import * as field from './fields.ts'
import { notesAnswer } from './notes.ts'
import { iso } from './or-absent.ts'

const measuredFields = {
  mimeType: z.string(),
  bytes: z.int(),
  durationMs: z.int(),
  characters: z.int(),
  reused: z.literal(true).optional(),
  ...field.speechFacts,
  contentCredentials: field.contentCredentials,
  captions: captionsField,
  ...field.notes,
}

const storedSchema = z.object({
  id: field.clipId,
  audioUrl: field.audioUrl,
  pageUrl: field.pageUrl,
  ipfsHash: z.string(),
  cid: field.cid,
  provider: field.provider,
  isTemporary: z.literal(false),
  ...measuredFields,
})

const temporarySchema = z.object({
  id: field.clipId,
  audioUrl: field.audioUrl,
  pageUrl: field.pageUrl,
  cid: field.cid,
  isTemporary: z.literal(true),
  expiresAt: field.time,
  note: z.string(),
  ...measuredFields,
})

/** Either of them, as one object with everything that differs optional. */
export const spokenSchema = z.object({
  id: field.clipId,
  audioUrl: field.audioUrl,
  pageUrl: field.pageUrl,
  ipfsHash: z.string().optional(),
  cid: field.cid,
  provider: field.provider.optional(),
  isTemporary: z.boolean(),
  expiresAt: field.time.optional(),
  note: z.string().optional(),
  ...measuredFields,
})

export const vocalizeAnswerSchema = z
  .object({ success: field.success, data: z.union([storedSchema, temporarySchema]) })
  .meta({ id: 'VocalizeAnswer' })

const NOTE = 'Audio is temporarily stored. IPFS upload will be retried in background.'

/** The answer to `POST /api/agents/vocalize`, as the contract fixes it. */
export function vocalizeAnswer(clip: VocalizedClip, baseUrl: string) {
  const { id, cid, mimeType, sizeBytes: bytes, durationMs, characters } = clip
  const measured = {
    mimeType,
    bytes,
    durationMs,
    characters,
    ...(clip.isReused && { reused: true }),
    ...clip.speech,
    contentCredentials: clip.speech?.contentCredentials ?? false,
    captions: captionsAnswer(clip, baseUrl),
    ...notesAnswer(clip),
  }
  const pageUrl = `${baseUrl}/c/${id}`
  // A stored clip that all providers have lost has no permanent URL.
  if (clip.state === 'stored' && clip.permanentUrl) {
    const { ipfsHash, provider } = clip
    const audioUrl = absoluteUrl(clip.permanentUrl, baseUrl)
    const data = { id, audioUrl, pageUrl, ipfsHash, cid, provider, isTemporary: false, ...measured }
    return { success: true, data }
  }
  const audioUrl = `${baseUrl}/api/temp-audio/${id}`
  const expiresAt = iso(clip.expiresAt)
  const data = { id, audioUrl, pageUrl, cid, isTemporary: true, expiresAt, note: NOTE, ...measured }
  return { success: true, data }
}
