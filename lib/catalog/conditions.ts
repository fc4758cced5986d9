import { type SqlBool, sql } from 'kysely'

/**
 * A clip that IPFS is still to get. Word for word the condition of the indexes `clips_claimable` and `clips_ending`, or the
 * databases would not use them.
 */
export const isWaiting = sql<SqlBool>`clips.state in ('staged', 'pending')`

/** A clip whose bytes should be here: the condition of `clips_local`. */
export const isLocal = sql<SqlBool>`clips.is_held = 1`

/** A clip whose bytes are here though they could be deleted: the condition of `clips_settled`. */
export const isEvictable = sql<SqlBool>`clips.is_held = 1 and clips.state in ('stored', 'expired') and clips.unproven_since is null`

/** A clip that is stored, though nobody is known to deliver it: the condition of `clips_unproven`. */
export const isUnproven = sql<SqlBool>`clips.state = 'stored' and clips.unproven_since is not null`

/** A stored clip that every provider has lost, and whose bytes are not here: the condition of `clips_lost`. */
export const isLost = sql<SqlBool>`clips.state = 'stored' and clips.provider is null and clips.is_held = 0`

/** Captions of which no file was made yet: the condition of `captions_unfiled`. */
export const isUnfiled = sql<SqlBool>`captions.is_filed = 0`

/** An attempt that says something against its vendor (`isFault`): the condition of `speech_attempts_faults`. */
export const isSpeechFault = sql<SqlBool>`speech_attempts.outcome <> 'spoken' and speech_attempts.outcome <> 'refused' and speech_attempts.outcome <> 'cancelled'`

/** A clip that is being spoken: the condition of `clips_speaking`. */
export const isSpeaking = sql<SqlBool>`clips.state = 'speaking'`

/**
 * When a clip that waits can be claimed by its own schedule: its date, or the end of its lease where that is later. Word
 * for word what `clips_claimable` is on.
 */
export const claimableAt = sql<number>`case when clips.lease_expires_at > clips.next_attempt_at then clips.lease_expires_at else clips.next_attempt_at end`
