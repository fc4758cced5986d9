import { markedError } from '#lib/platform/errors.ts'

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNDEFINED_TABLE = '42P01'

const IN_FAILED_TRANSACTION = '25P02'

/** The server takes no writes on this connection: another one is the primary now. */
const READ_ONLY = '25006'

/** Serialization failure, deadlock, lock not available: the server has undone the transaction. */
const UNDONE = ['40001', '40P01', '55P03']
/** The server is starting or stopping, or has too many connections: it has refused this one. */
const REFUSED = ['57P03', '53300']
/**
 * What PgBouncer says, or passes on from a server that starts or stops, where it had no connection to give: nothing was
 * sent. Its code for that is 08P01, as for all that it says itself.
 *
 * @see https://www.pgbouncer.org/config.html
 */
const UNSERVED = ['(server_login_retry)', '(max_client_conn)', 'query_wait_timeout', 'the database system is']
/** An operator or a crash ended the connection, or the server did since nobody used its transaction, or PgBouncer. */
const ENDED = ['57P01', '57P02', '25P03', '08000', '08003', '08006', '08P01']
const CUT = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE']
const CUT_MESSAGES = [
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
]

/** The driver's words for a server that has not answered in time. */
const UNREACHED_MESSAGES = [
  ...CUT_MESSAGES,
  'timeout expired',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Query read timeout',
]

/** None of several hosts takes writes at the moment. */
export class NoPrimaryError extends markedError('NoPrimaryError') {}

interface PostgresFailure {
  code?: string
  syscall?: string
  message?: string
}

export function isTableMissing(error: unknown): boolean {
  return codeOf(error) === UNDEFINED_TABLE
}

/** Whether `error` only says that an earlier statement of the transaction has failed. */
export function isTransactionAborted(error: unknown): boolean {
  return codeOf(error) === IN_FAILED_TRANSACTION
}

/** Whether the connection that `error` came by is broken: it does not answer, or its server is no longer the primary. */
export function isConnectionBroken(error: unknown): boolean {
  return codeOf(error) === READ_ONLY || (error as PostgresFailure).message === 'Query read timeout'
}

/**
 * Whether `error` passes by itself and nothing was done. `isUndone`: the caller knows that nothing was done,
 * whatever the error.
 */
export function isBusy(error: unknown, isUndone: boolean): boolean {
  if (NoPrimaryError.isInstance(error)) return true
  const code = codeOf(error)
  const { message = '' } = error as PostgresFailure
  if (UNDONE.includes(code) || REFUSED.includes(code) || isRefused(error)) return true
  if (UNSERVED.some((words) => message.includes(words))) return true
  return isUndone && (ENDED.includes(code) || CUT.includes(code) || CUT_MESSAGES.includes(message))
}

/** Whether `error` means that the host which was used takes no connections or no writes any more. */
export function isHostLost(error: unknown): boolean {
  const { message = '' } = error as PostgresFailure
  const codes = [READ_ONLY, '57P03', ...CUT, 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND']
  return codes.includes(codeOf(error)) || UNREACHED_MESSAGES.includes(message)
}

/** There was no connection yet, so that nothing can have been sent. */
function isRefused(error: unknown): boolean {
  return codeOf(error) === 'ECONNREFUSED' && (error as PostgresFailure).syscall === 'connect'
}

function codeOf(error: unknown): string {
  return (error as PostgresFailure).code ?? ''
}
