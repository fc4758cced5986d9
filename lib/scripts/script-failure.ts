import { JoinError } from '#lib/audio/join/join-error.ts'
import { CatalogError } from '#lib/catalog/connection.ts'
import type { LeasedScript } from '#lib/catalog/scripts.ts'
import { LeaseLostError } from '#lib/clips/attempt-log.ts'
import { isUnpaid } from '#lib/clips/character-budget.ts'
import type { Services } from '#lib/context.ts'
import { type ErrorCode, ServiceError } from '#lib/model/errors.ts'
import { exponentialBackoff } from '#lib/platform/backoff.ts'
import { describeError, markedError } from '#lib/platform/errors.ts'
import { DAY_MS } from '#lib/platform/units.ts'
import { endScript } from './end-script.ts'

/** A script that has not come to its end by then is given up, and its text deleted. */
const GIVE_UP_AFTER_MS = 7 * DAY_MS
/** How often the vendor may be paid in vain for one piece; with the waits in between it takes an hour. */
const MAX_LOST_ATTEMPTS = 15
/** What will not be better another time. */
const FINAL: readonly ErrorCode[] = ['invalid_request', 'voice_not_found', 'expired']

interface Failure {
  code: ErrorCode
  isFinal: boolean
  retryAfterMs?: number | undefined
  /** How often in a row the wait before the next round is to double at least. */
  failures?: number
  cause?: unknown
}

/** Why a piece is not spoken. `isFinal`: it never will be. */
export class PieceError extends markedError('PieceError') {
  readonly code: ErrorCode
  readonly isFinal: boolean
  readonly retryAfterMs: number | undefined
  readonly failures: number

  constructor(message: string, { code, isFinal, retryAfterMs, failures = 0, cause }: Failure) {
    super(message, { cause })
    this.code = code
    this.isFinal = isFinal
    this.retryAfterMs = retryAfterMs
    this.failures = failures
  }
}

/**
 * Throws what `error` means for piece `number`, and counts where the vendor may have been paid in vain.
 *
 * @throws PieceError, LeaseLostError, CatalogError
 */
export async function asPieceError(
  services: Services,
  { id }: LeasedScript,
  number: number,
  error: unknown,
): Promise<never> {
  if (services.tasks.signal.aborted || LeaseLostError.isInstance(error)) throw error
  const isKnown = ServiceError.isInstance(error)
  const mayBePaid = isKnown && error.code.startsWith('speech_') && !isUnpaid(error.code)
  const lost = mayBePaid ? await services.catalog.scripts.countLost(id, number) : 0
  const code = isKnown ? error.code : codeOf(error)
  const isFinal = FINAL.includes(code) || lost >= MAX_LOST_ATTEMPTS
  const retryAfterMs = isKnown ? error.retryAfterMs : undefined
  const message = `Piece ${number + 1}: ${messageOf(services, error)}`
  throw new PieceError(message, { code, isFinal, retryAfterMs, failures: lost, cause: error })
}

/**
 * The audio of a piece is nowhere any more: it is spoken again in the next round.
 *
 * @throws PieceError, CatalogError
 */
export async function lostPiece(
  { catalog }: Services,
  { id }: LeasedScript,
  piece: { number: number; clipId: string },
): Promise<never> {
  const failures = await catalog.scripts.losePiece(id, piece)
  const isFinal = failures >= MAX_LOST_ATTEMPTS
  const message = `Piece ${piece.number + 1}: Its audio was lost before the pieces were joined`
  throw new PieceError(message, { code: 'storage_unavailable', isFinal, failures })
}

/** @throws PieceError where a script is to be given up, with what it has waited for: nothing more is spoken then */
export function requireYoung({ createdAt, lastError, errorCode }: LeasedScript, now: number): void {
  if (now < createdAt + GIVE_UP_AFTER_MS) return
  const message = lastError ?? 'It has not come to its end within seven days'
  throw new PieceError(message, { code: (errorCode ?? 'expired') as ErrorCode, isFinal: true })
}

/**
 * Ends a round that has failed: the script waits until its next date, later each time, or fails for good.
 *
 * @throws CatalogError
 */
export async function endRound(services: Services, script: LeasedScript, error: unknown): Promise<void> {
  const { catalog, clock, leaseOwner: owner, log } = services
  const isPiece = PieceError.isInstance(error)
  const errorCode = isPiece ? error.code : codeOf(error)
  const message = isPiece ? error.message : messageOf(services, error)
  const facts = { scriptId: script.id, requestId: script.requestId, code: errorCode, error: message }
  const now = clock.now()
  const isFinal = isPiece ? error.isFinal : FINAL.includes(errorCode) || JoinError.isInstance(error)
  if (isFinal || now >= script.createdAt + GIVE_UP_AFTER_MS) {
    log.error(facts, 'A script has failed')
    await endScript(services, script, { state: 'failed', endedAt: now, owner, error: message, errorCode })
    return
  }
  log.warn(facts, 'A script waits for its next attempt')
  // A round that has come further begins to count anew.
  const before = (await catalog.scripts.find(script.id))?.failedRounds ?? 0
  const failures = Math.max(before + 1, isPiece ? error.failures : 0)
  const backoffMs = exponentialBackoff(failures, () => clock.random())
  const waitMs = Math.max(backoffMs, (isPiece && error.retryAfterMs) || 0)
  await catalog.scripts.postpone(script.id, { owner, error: message, errorCode, nextAttemptAt: now + waitMs })
}

function codeOf(error: unknown): ErrorCode {
  if (ServiceError.isInstance(error)) return error.code
  if (JoinError.isInstance(error)) return 'speech_invalid_answer'
  return CatalogError.isInstance(error) ? 'storage_unavailable' : 'internal_error'
}

/** What its caller may read. */
function messageOf({ scrub }: Services, error: unknown): string {
  return ServiceError.isInstance(error) ? scrub(error.message) : scrub(describeError(error))
}
