import type { Generated } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import type { Script, ScriptPiece } from '#lib/model/script.ts'
import type { DeletionRow, DeletionTarget } from './deletion-rows.ts'

/** The tables as the databases hold them: times in milliseconds since the epoch, flags as 0 and 1. */
export interface Schema {
  clips: ClipRow
  captions: CaptionsRow
  attempts: AttemptRow
  speechAttempts: SpeechAttemptRow
  counters: CounterRow
  pins: Pin
  replications: ReplicationRow
  requests: { hash: string; clipId: string; claimedAt: number; leaseOwner: string | null }
  idempotencyKeys: IdempotencyKeyRow
  dailyCharacters: DailyCharactersRow
  webhooks: WebhookRow
  deletions: DeletionRow
  deletionTargets: DeletionTarget
  scripts: ScriptRow
  scriptPieces: ScriptPieceRow
  endedSessions: { id: string; endsAt: number }
  samples: Sample
  ipniChain: IpniChainRow
  ipniBlocks: { cid: string; body: string }
  ipniEntries: { cid: string; context: string }
  ipniChanges: { cid: string; version: number }
  rollUps: RollUpRow
  /** One row a slot. */
  holdings: TotalsRow
  clock: ClockRow
  /** One row. */
  installation: { id: string }
}

/** A clip as its table has it. `isHeld`: the temporary store should have its bytes. `speech` and `metadata`: JSON. */
export type ClipRow = Omit<Clip, 'hasLocalBytes' | 'speech' | 'metadata'> & {
  isHeld: number
  speech: string | null
  metadata: string | null
}

/** `alignment`: packed. `isFiled`: a file was made of them, which is a clip of its own. */
export interface CaptionsRow {
  clipId: string
  cid: string
  alignment: string
  isFiled: number
}

export interface AttemptRow {
  id: Generated<number>
  clipId: string
  provider: string
  trigger: string
  startedAt: number
  durationMs: number | null
  outcome: string
  mayHaveStored: number
  statusCode: number | null
  error: string | null
}

/** One text at one vendor. Durations in milliseconds. */
export interface SpeechAttemptRow {
  id: string
  vendor: string
  clipId: string | null
  characters: number
  startedAt: number
  /** From the start to the first byte; `null` where there was none. */
  firstByteMs: number | null
  durationMs: number
  outcome: string
  error: string | null
}

export interface IdempotencyKeyRow {
  key: string
  fingerprint: string
  /** The clip as it was answered, as JSON; `null` where nobody was answered yet. */
  answer: string | null
  /** The clip that is spoken for it. */
  clipId: string | null
  createdAt: number
  leaseOwner: string | null
  leaseExpiresAt: number | null
}

/** The only row of its table. */
export interface ClockRow {
  id: number
  /** When a process last looked at the clock. */
  seenAt: number
  /** Since when the clock has run without a jump, and somebody has looked at it. */
  steadySince: number
}

export interface ReplicationRow {
  clipId: string
  failedRounds: number
  nextAttemptAt: number
  lastError: string | null
  leaseOwner: string | null
  leaseExpiresAt: number | null
}

/** One provider holds one clip. Times are milliseconds since the epoch. */
export interface Pin {
  clipId: string
  provider: string
  /** What the provider calls it: the clip's own CID, save where a provider chunks in its own way. */
  cid: string
  pinnedAt: number
  /** When it was last read back. */
  checkedAt: number | null
  /** When its right bytes were first had from there. */
  provenAt: number | null
  /** The provider does not deliver it. */
  lostAt: number | null
  /** When it is to be read back next, before the audit comes to it; `null` where nothing is in doubt. */
  readBackAt: number | null
  /** Since when it could not be read back; `null` where the last attempt succeeded, or there was none. */
  unconfirmedSince: number | null
}

/** A script as its table has it; what is spoken of it is counted from its pieces. */
export interface ScriptRow extends Omit<Script, 'spokenPieces' | 'spokenCharacters' | 'metadata'> {
  /** JSON. */
  metadata: string | null
  /** What is to be spoken, as JSON; `null` once the script has ended. */
  request: string | null
  /** A hash of the caller's `Idempotency-Key`, and a keyed hash of the request that it was sent with. */
  idempotencyKey: string | null
  fingerprint: string | null
  leaseOwner: string | null
  leaseExpiresAt: number | null
}

export interface ScriptPieceRow extends Omit<ScriptPiece, 'isSpoken' | 'isReused'> {
  scriptId: string
  isSpoken: number
  isReused: number
}

/** What the temporary store held at one moment. */
export interface Sample {
  takenAt: number
  heldClips: number
  heldBytes: number
  waitingClips: number
}

export type WebhookType = 'clip.stored' | 'clip.expired' | 'clip.deleted' | 'script.stored'

/** One part of a counter, which is the sum over its slots. */
export interface CounterRow {
  name: string
  label: string
  slot: Generated<number>
  value: number
}

/**
 * One part of the totals, kept by triggers on `clips`. The truth is the sum over all slots; one alone may be
 * negative.
 */
export interface TotalsRow {
  slot: number
  heldClips: number
  heldBytes: number
  waitingClips: number
}

/** One part of a sum over a step of time, kept by triggers: all slots together are the sum. */
export interface RollUpRow {
  series: string
  stepMs: number
  startsAt: number
  label: string
  ms: number
  slot: number
  value: number
}

export interface WebhookRow {
  id: string
  type: WebhookType
  clipId: string
  createdAt: number
  attempts: number
  nextAttemptAt: number
  lastError: string | null
  leaseOwner: string | null
  leaseExpiresAt: number | null
}

/** The only row of its table. */
export interface IpniChainRow {
  id: number
  /** Whose chain it is. */
  peerId: string
  /** The multiaddr that the latest advertisement has. */
  address: string | null
  /** The CID of the latest advertisement. */
  head: string | null
  /** When indexers are to be told of the head. */
  nextAnnouncementAt: number
  /** How often in a row that has failed. */
  failedAnnouncements: number
}

export interface DailyCharactersRow {
  /** Such as `2026-11-22`. */
  day: string
  caller: string
  characters: number
}

export function toClip(row: ClipRow): Clip {
  const { isHeld, speech, metadata, ...clip } = row
  return { ...clip, speech: parsed(speech), metadata: parsed(metadata), hasLocalBytes: isHeld === 1 }
}

const parsed = (text: string | null) => (text === null ? null : JSON.parse(text))
