import { withoutAddresses } from './without-addresses.ts'

const meanings: Record<string, string> = {
  ECONNREFUSED: 'it was refused',
  ECONNRESET: 'it was reset',
  EPIPE: 'it broke off',
  ENOTFOUND: 'the name of the host is unknown',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the host',
  ETIMEDOUT: 'it timed out',
  UND_ERR_CONNECT_TIMEOUT: 'it timed out',
  UND_ERR_SOCKET: 'it broke off',
}

/**
 * What went wrong with a connection, in words that callers may read: those of the system name hosts and addresses. The
 * error itself stays the `cause`, for the log.
 */
export function connectionFault(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (!/^[A-Z][A-Z0-9_]+$/.test(code)) return withoutAddresses(error.message) || 'for an unknown reason'
  const meaning = meanings[code]
  return meaning ? `${meaning} (${code})` : code
}
