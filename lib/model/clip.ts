import { createHash, randomUUID } from 'node:crypto'

/**
 * The state of a clip.
 *
 * - `speaking`: the speech vendor is producing the audio; nobody has got an answer yet
 * - `staged`: the bytes are durable and the first upload is running
 * - `pending`: no provider has taken it yet; the temporary URL serves it and uploads are retried
 * - `stored`: a provider holds it; the record keeps the permanent URL
 * - `expired`: its temporary URL ended before any provider took it
 * - `deleted`: whoever made it, or the operator, has had it deleted; what is left is that it was there
 */
export type ClipState = 'speaking' | 'staged' | 'pending' | 'stored' | 'expired' | 'deleted'

/** What the maker of a clip calls it, and notes about it. Nobody else gets to see that. */
export interface ClipNotes {
  label: string | null
  metadata: ClipMetadata | null
}

export type ClipMetadata = Record<string, string | number | boolean>

/** The voice that spoke a clip, by the names of its vendor. */
export interface SpokenBy {
  vendor: string
  voiceId: string
  modelId: string
}

/** Who spoke a clip, and what a caller should know of how. */
export interface SpeechFacts {
  spokenBy: SpokenBy
  /** Characters of the text that the voice could not speak, each once. */
  omittedCharacters?: string[] | undefined
  /** What the caller asked for and did not get, one sentence each. */
  warnings?: string[] | undefined
  /** Whether the file carries content credentials (C2PA), its vendor's or ours; missing for clips from before. */
  contentCredentials?: boolean | undefined
}

/** One spoken text. Times are milliseconds since the epoch. */
export interface Clip extends ClipNotes {
  id: string
  state: ClipState
  requestId: string
  /** A keyed hash of the key that made it; `null` where that was none. */
  madeBy: string | null
  characters: number
  voiceId: string
  modelId: string | null
  outputFormat: string | null
  createdAt: number
  expiresAt: number
  /** Of the bytes under UnixFS profile `unixfs-v1-2025`; known from `staged` on, as are the next four. */
  cid: string | null
  mimeType: string | null
  fileExtension: string | null
  sizeBytes: number
  durationMs: number | null
  /** What it was before it was re-encoded; `null` where it was not, as are the next two. */
  originalMimeType: string | null
  originalSizeBytes: number | null
  originalDurationMs: number | null
  /** When the vendor's last byte had arrived; from then until `stagedAt` the audio was measured and made durable. */
  spokenAt: number | null
  /** Known from `staged` on, and before where another vendor than the wanted one speaks; `null` for older clips. */
  speech: SpeechFacts | null
  stagedAt: number | null
  /** Whether the temporary store holds the bytes. */
  hasLocalBytes: boolean
  /** The CID of its captions as WebVTT; `null` where it has none. */
  captionsCid: string | null
  /** The clip whose captions this is, as a file that IPFS is to get; `null` for audio. */
  captionsOf: string | null
  /** The provider that the permanent URL leads to; `null` where none has stored the clip, or all have lost it. */
  provider: string | null
  /** The CID that the provider answered: `cid`, save where a provider chunks in its own way. */
  ipfsHash: string | null
  permanentUrl: string | null
  storedAt: number | null
  deletedAt: number | null
  /** Since when it is stored without anybody being known to deliver it; `null` where it is proven, or not stored. */
  unprovenSince: number | null
  /** How many attempts at providers there have been. */
  attempts: number
  /** How many rounds through the whole chain have failed. */
  failedRounds: number
  /** When the last failed round ended. */
  lastRoundAt: number | null
  nextAttemptAt: number | null
  lastError: string | null
  leaseOwner: string | null
  leaseExpiresAt: number | null
}

/** What `vocalize` returns: the clip in its state at that moment, `stored` or still temporary. */
export type VocalizedClip = Clip & {
  cid: string
  mimeType: string
  durationMs: number
  /** The clip existed already: nothing was paid for it this time. */
  isReused?: boolean
}

/** What a clip was before it was re-encoded. */
export type OriginalFacts = Pick<Clip, 'originalMimeType' | 'originalSizeBytes' | 'originalDurationMs'>

/** 122 random bits, a UUID, as 32 hexadecimal digits: safe as a file name on every file system. */
export function newClipId(): string {
  return randomUUID().replaceAll('-', '')
}

/** The id of the file with the captions of a clip. It is always the same, so that there is one. */
export function captionsIdOf(clipId: string): string {
  return createHash('sha256').update(`captions of ${clipId}`).digest('hex').slice(0, 32)
}

export function isClipId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}

/** Whether the temporary URL has ended without a permanent one: its time is over and no provider took the clip. */
export function isGone(clip: Clip, now: number, keepPending: boolean): boolean {
  if (clip.state === 'stored') return false
  return clip.state === 'expired' || (now >= clip.expiresAt && !keepPending)
}

/** Whether a clip is not to be had any more: its time ended before IPFS had it, or it was deleted. */
export function isOver({ state }: Pick<Clip, 'state'>): boolean {
  return state === 'expired' || state === 'deleted'
}

/** The media type of a clip that has bytes. */
export function mimeTypeOf(clip: Pick<Clip, 'mimeType'>): string {
  return clip.mimeType ?? 'application/octet-stream'
}

/** The extensions that a file with the bytes of a clip may have, its own first. */
export function fileExtensionsOf({
  fileExtension,
  mimeType,
}: Pick<Clip, 'fileExtension' | 'mimeType'>): string[] {
  const own = fileExtension ? [fileExtension] : []
  return mimeType === 'audio/ogg' ? [...own, 'opus', 'ogg', 'oga'] : own
}

/** The name under which a clip is uploaded and downloaded. */
export function fileNameOf(clip: Pick<Clip, 'id' | 'fileExtension'>): string {
  return clip.fileExtension ? `${clip.id}.${clip.fileExtension}` : clip.id
}
