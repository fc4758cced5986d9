import { type ExpressionBuilder, type Generated, type SqlBool, sql } from 'kysely'
import type { Clip } from '../clip.ts'
import type { Sample } from './history.ts'
import type { Pin } from './pins.ts'
import type { WebhookType } from './webhooks.ts'

/** The tables as the databases hold them: times in milliseconds since the epoch, flags as 0 and 1. */
export interface Schema {
  clips: ClipRow
  attempts: AttemptRow
  counters: CounterRow
  pins: Pin
  replications: ReplicationRow
  requests: { hash: string; clipId: string; claimedAt: number }
  idempotencyKeys: IdempotencyKeyRow
  dailyCharacters: DailyCharactersRow
  webhooks: WebhookRow
  samples: Sample
}

/** A clip as its table holds it. */
export type ClipRow = Omit<Clip, 'isHeld'> & { isHeld: number }

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

export interface IdempotencyKeyRow {
  key: string
  fingerprint: string
  /** JSON; `null` while the request is being carried out. */
  answer: string | null
  createdAt: number
  leaseExpiresAt: number | null
}

export interface ReplicationRow {
  clipId: string
  failedRounds: number
  nextAttemptAt: number
  lastError: string | null
  leaseOwner: string | null
  leaseExpiresAt: number | null
}

export interface CounterRow {
  name: string
  label: string
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

export interface DailyCharactersRow {
  /** Such as `2026-11-22`. */
  day: string
  caller: string
  characters: number
}

export function toClip(row: ClipRow): Clip {
  return { ...row, isHeld: row.isHeld === 1 }
}

/** A clip that IPFS is still to get. Word for word the condition of the index `clips_due`, or it would not serve. */
export const isWaiting = sql<SqlBool>`clips.state in ('staged', 'pending')`

/** A clip whose bytes, or the room for them, take space in the temporary store: the condition of `clips_held`. */
export const isHeld = sql<SqlBool>`clips.is_held = 1`

/** A clip that nobody is at work on: there is no lease, or it has run out. */
export const isUnleased = (now: number) => (eb: ExpressionBuilder<Schema, 'clips'>) =>
  eb.or([eb('clips.leaseExpiresAt', 'is', null), eb('clips.leaseExpiresAt', '<=', now)])
