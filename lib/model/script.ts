import { randomBytes } from 'node:crypto'
import type { ClipNotes } from './clip.ts'

/**
 * The state of a script.
 *
 * - `speaking`: its pieces are being spoken and joined, or wait for that
 * - `joined`: the joined clip is durable, and lives on as any other clip
 * - `failed`: a piece cannot be spoken, or the script has taken too long
 * - `cancelled`: its caller does not want it any more
 */
export type ScriptState = 'speaking' | 'joined' | 'failed' | 'cancelled'

/** A long text, or turns of several voices, that becomes one clip. Times are milliseconds since the epoch. */
export interface Script extends ClipNotes {
  id: string
  state: ScriptState
  requestId: string
  /** Who sent it, as rate limits and budgets know callers. */
  caller: string
  /** Whose clips may be reused for it; `null` where those of everybody without a key. */
  reuseScope: string | null
  characters: number
  pieceCount: number
  /** How many pieces are spoken, and their characters. */
  spokenPieces: number
  spokenCharacters: number
  /** The joined clip: known once joining has begun. */
  clipId: string | null
  createdAt: number
  endedAt: number | null
  /** How many rounds in a row have ended without a new piece. */
  failedRounds: number
  nextAttemptAt: number
  lastError: string | null
  errorCode: string | null
}

/** A part of a script that is spoken at once, and becomes a clip of its own. */
export interface ScriptPiece {
  number: number
  /** Which of the turns it is a part of, from 0. */
  turn: number
  /** Where it begins in the text of its turn, and how long it is there, both in UTF-16 code units. */
  textStart: number
  textLength: number
  characters: number
  /** The clip that it is, or is to become; `null` also where it is spoken and says nothing. */
  clipId: string | null
  isSpoken: boolean
  /** The clip existed already: nothing was paid for it. */
  isReused: boolean
  durationMs: number | null
  /** How often the vendor may have been paid for audio that was of no use. */
  lostAttempts: number
}

/** 128 random bits as 32 hexadecimal digits. */
export function newScriptId(): string {
  return randomBytes(16).toString('hex')
}
