import { readFileSync } from 'node:fs'
import { type ConnectionOptions, parse } from 'pg-connection-string'

/** What a `DATABASE_URL` says besides where the database is. */
export interface PostgresSettings {
  /** How many connections one process has at most. */
  max: number
  connectTimeoutMs: number
  /** How long the server may take for one statement. */
  statementTimeoutMs: number
  applicationName: string
  /** The options of the TLS connection; `false` without TLS. */
  tls: false | { rejectUnauthorized: boolean; ca?: string }
}

const MAX_SECONDS = 3600
const tlsModes = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full']

/**
 * Reads the parameters of `url`: `max`, `connect_timeout` (s), `statement_timeout` (ms), `sslmode`, `sslrootcert`,
 * `application_name`. `options` goes to the server; others are ignored.
 *
 * @throws Error that says which parameter is malformed, what it got and what it takes
 */
export function readPostgresSettings(url: string): PostgresSettings {
  const parameters = new URL(url).searchParams
  const whole = (name: string, fallback: number, largest: number) => {
    const value = parameters.get(name)
    if (value === null) return fallback
    const number = /^\d{1,9}$/.test(value) ? Number(value) : 0
    if (number < 1 || number > largest) {
      throw new Error(`${name}: got ${JSON.stringify(value)}, takes a whole number from 1 to ${largest}`)
    }
    return number
  }
  return {
    max: whole('max', 10, 1000),
    connectTimeoutMs: whole('connect_timeout', 5, MAX_SECONDS) * 1000,
    statementTimeoutMs: whole('statement_timeout', 5000, MAX_SECONDS * 1000),
    applicationName: parameters.get('application_name') || 'voicepin',
    tls: readTls(parameters),
  }
}

/** `require` verifies the server like `verify-full`; only `no-verify` encrypts without that. */
function readTls(parameters: URLSearchParams): PostgresSettings['tls'] {
  const file = parameters.get('sslrootcert')
  const mode = parameters.get('sslmode') ?? (file ? 'verify-full' : 'disable')
  if (!tlsModes.includes(mode)) {
    throw new Error(`sslmode: got ${JSON.stringify(mode)}, takes one of ${tlsModes.join(', ')}`)
  }
  if (mode === 'disable') return false
  return { rejectUnauthorized: mode !== 'no-verify', ...(file && { ca: readCertificate(file) }) }
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`sslrootcert: got ${JSON.stringify(file)}, takes a file that can be read`, { cause })
  }
}

/** Host, user and database of `url`, as the driver takes them. */
export function readPostgresAddress(url: string) {
  const bare = new URL(url)
  for (const name of ['sslmode', 'sslrootcert', 'sslcert', 'sslkey']) bare.searchParams.delete(name)
  const { host, port, user, password, database, options }: ConnectionOptions = parse(bare.href)
  return {
    host: host ?? undefined,
    user,
    password,
    database: database ?? undefined,
    options,
    ...(port && { port: Number(port) }),
  }
}
