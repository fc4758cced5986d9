import { z } from 'zod'
import { type Attempt, backgroundTriggers } from '#lib/catalog/attempts.ts'
import type { ClipHistory } from '#lib/clips/watch-clip.ts'
import type { Clip } from '#lib/model/clip.ts'
import { absoluteUrl } from '#lib/model/permanent-url.ts'
import { withoutAddresses } from '#lib/platform/without-addresses.ts'
import { captionsAnswer, captionsField } from './captions.ts'
import * as field from './fields.ts'
import { iso, isoOrAbsent, orAbsent } from './or-absent.ts'

const attemptSchema = z.object({
  provider: z.string(),
  trigger: z.enum(['request', 'replica', ...backgroundTriggers]),
  startedAt: field.time,
  durationMs: z.int().optional(),
  outcome: z.enum(['running', 'stored', 'failed']),
  statusCode: z.int().optional().meta({ description: 'The HTTP status, if the provider answered.' }),
  error: z.string().optional(),
})

export const clipSchema = z
  .object({
    id: field.clipId,
    state: z.enum(['speaking', 'staged', 'pending', 'stored', 'expired', 'deleted']).meta({
      description: '`deleted` only in the list of your own clips: of all others nothing is told.',
    }),
    isTemporary: z.boolean(),
    audioUrl: field.audioUrl,
    pageUrl: field.pageUrl,
    cid: field.cid.optional(),
    ipfsHash: z.string().optional(),
    provider: field.provider.optional(),
    permanentUrl: z.url().optional(),
    mimeType: z.string().optional(),
    bytes: z.int().optional(),
    durationMs: z.int().optional(),
    original: z
      .object({ mimeType: z.string(), bytes: z.int(), durationMs: z.int().optional() })
      .optional()
      .meta({ description: 'The clip before it was transcoded (`AUDIO_OPTIMIZE`).' }),
    characters: z.int(),
    ...field.speechFacts,
    contentCredentials: field.contentCredentials,
    captions: captionsField,
    ...field.notes,
    createdAt: field.time,
    spokenAt: field.time.optional(),
    stagedAt: field.time.optional(),
    storedAt: field.time.optional(),
    expiresAt: field.time,
    nextAttemptAt: field.time.optional(),
    attempts: z.array(attemptSchema),
  })
  .meta({ id: 'Clip' })

export const clipAnswerSchema = z
  .object({ success: field.success, data: clipSchema })
  .meta({ id: 'ClipAnswer' })

/** A clip as `GET /api/clips/{id}` and its events describe it. Fields whose value is unknown are left out. */
export function clipAnswer({ clip, attempts, captionsFile }: ClipHistory, baseUrl: string) {
  const permanentUrl = clip.permanentUrl ? absoluteUrl(clip.permanentUrl, baseUrl) : undefined
  // One that all providers have lost has no permanent URL.
  const isPermanent = clip.state === 'stored' && permanentUrl !== undefined
  return {
    id: clip.id,
    state: clip.state,
    isTemporary: !isPermanent,
    audioUrl: (isPermanent && permanentUrl) || `${baseUrl}/api/temp-audio/${clip.id}`,
    pageUrl: `${baseUrl}/c/${clip.id}`,
    cid: orAbsent(clip.cid),
    ipfsHash: orAbsent(clip.ipfsHash),
    provider: orAbsent(clip.provider),
    permanentUrl,
    mimeType: orAbsent(clip.mimeType),
    bytes: clip.cid ? clip.sizeBytes : undefined,
    durationMs: orAbsent(clip.durationMs),
    original: originalAnswer(clip),
    characters: clip.characters,
    ...clip.speech,
    contentCredentials: clip.speech?.contentCredentials ?? false,
    captions: captionsAnswer(clip, baseUrl, captionsFile),
    createdAt: iso(clip.createdAt),
    spokenAt: isoOrAbsent(clip.spokenAt),
    stagedAt: isoOrAbsent(clip.stagedAt),
    storedAt: isoOrAbsent(clip.storedAt),
    expiresAt: iso(clip.expiresAt),
    nextAttemptAt: isoOrAbsent(clip.nextAttemptAt),
    attempts: attempts.map(attemptAnswer),
  }
}

/** The clip before it was transcoded. */
function originalAnswer({ originalMimeType, originalSizeBytes, originalDurationMs }: Clip) {
  if (originalMimeType === null || originalSizeBytes === null) return undefined
  return { mimeType: originalMimeType, bytes: originalSizeBytes, durationMs: orAbsent(originalDurationMs) }
}

function attemptAnswer({ provider, trigger, startedAt, durationMs, outcome, statusCode, error }: Attempt) {
  return {
    provider,
    trigger,
    startedAt: iso(startedAt),
    durationMs: orAbsent(durationMs),
    outcome,
    statusCode: orAbsent(statusCode),
    error: error === null ? undefined : withoutAddresses(error),
  }
}
