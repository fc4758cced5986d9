import type { ConnectionOptions } from 'node:tls'
import { fileOf, type Host, oneOfWords, readHosts, readParameters } from './url-parts.ts'

/** What a `DATABASE_URL` says. */
export interface PostgresSettings {
  /** One, or several of which the one that takes writes is to be used. A path is that of a Unix socket's directory. */
  hosts: Host[]
  user: string | undefined
  password: string | undefined
  database: string | undefined
  /** What the server gets as its command line: https://www.postgresql.org/docs/current/app-postgres.html. */
  options: string | undefined
  /** How many connections one process has at most. */
  max: number
  connectTimeoutMs: number
  /** How long the server may take for one statement. */
  statementTimeoutMs: number
  applicationName: string
  /** The options of the TLS connection; `false` without TLS. */
  tls: false | ConnectionOptions
  /** Whether TLS begins at once, without asking the server first. */
  isTlsDirect: boolean
  /** Whether the password proves that nobody stands between: `require` refuses every other proof. */
  channelBinding: 'disable' | 'prefer' | 'require'
  /** When a silent connection is probed first; `undefined`: never. */
  keepAliveMs: number | undefined
}

const MAX_SECONDS = 3600
const KEEP_ALIVE_SECONDS = 10
const tlsModes = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'] as const
type TlsMode = (typeof tlsModes)[number]
const tlsFiles = ['sslrootcert', 'sslcert', 'sslkey'] as const
const tlsVersions = ['TLSv1.2', 'TLSv1.3'] as const

/**
 * Those of libpq that a service can have a use for, and `max`, `statement_timeout`, `ssl`, `pgbouncer`, which others
 * write into such URLs. Of some there is one value alone, since that is how this service works anyway.
 */
const parameterNames = [
  ...[
    'host',
    'port',
    'user',
    'password',
    'dbname',
    'options',
    'application_name',
    'fallback_application_name',
  ],
  ...['max', 'connect_timeout', 'statement_timeout', 'keepalives', 'keepalives_idle'],
  ...['ssl', 'sslmode', ...tlsFiles, 'sslpassword', 'sslnegotiation', 'channel_binding'],
  ...['ssl_min_protocol_version', 'ssl_max_protocol_version'],
  ...['target_session_attrs', 'load_balance_hosts', 'client_encoding', 'gssencmode', 'pgbouncer'],
]

/** What the parameters may say that changes nothing. */
const assured: Record<string, readonly string[]> = {
  // Records are written: a server that takes no writes is of no use.
  target_session_attrs: ['read-write', 'primary'],
  load_balance_hosts: ['disable'],
  client_encoding: ['utf8', 'UTF8', 'auto'],
  gssencmode: ['disable', 'prefer'],
  pgbouncer: ['true', 'false'],
}

/**
 * Reads `value`, whose every parameter has its effect or is refused by its name. Its meaning is that of libpq, save that
 * `sslmode=require` verifies the server like `verify-full`, and that only `no-verify` encrypts without that.
 *
 * @throws Error that says which parameter is wrong, what it got and what it takes
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
 */
export function readPostgresSettings(value: string): PostgresSettings {
  const read = readHosts(value)
  if (!read) throw new Error('it is no URL')
  const { url } = read
  const parameters = readParameters(url, parameterNames)
  for (const [name, values] of Object.entries(assured)) oneOfWords(parameters, name, values)
  const whole = (name: string, fallback: number, largest: number) => {
    const text = parameters.get(name)
    if (text === undefined) return fallback
    const number = /^\d{1,9}$/.test(text) ? Number(text) : 0
    if (number < 1 || number > largest) {
      throw new Error(`${name}: got ${JSON.stringify(text)}, takes a whole number from 1 to ${largest}`)
    }
    return number
  }
  const tls = readTls(parameters)
  const given = (name: string, inUrl: string) =>
    parameters.get(name) || (inUrl ? decodeURIComponent(inUrl) : undefined)
  const keepAliveMs = whole('keepalives_idle', KEEP_ALIVE_SECONDS, MAX_SECONDS) * 1000
  return {
    hosts: readHostNames(parameters, read.hosts),
    user: given('user', url.username),
    password: given('password', url.password),
    database: given('dbname', url.pathname.slice(1)),
    options: parameters.get('options'),
    max: whole('max', 10, 1000),
    connectTimeoutMs: whole('connect_timeout', 5, MAX_SECONDS) * 1000,
    statementTimeoutMs: whole('statement_timeout', 5000, MAX_SECONDS * 1000),
    applicationName:
      parameters.get('application_name') || parameters.get('fallback_application_name') || 'voicepin',
    tls,
    isTlsDirect:
      needingTls(
        tls,
        'sslnegotiation=direct',
        oneOfWords(parameters, 'sslnegotiation', ['postgres', 'direct']),
      ) === 'direct',
    channelBinding:
      needingTls(
        tls,
        'channel_binding=require',
        oneOfWords(parameters, 'channel_binding', ['disable', 'prefer', 'require']),
      ) ?? 'disable',
    keepAliveMs: oneOfWords(parameters, 'keepalives', ['1', '0']) === '0' ? undefined : keepAliveMs,
  }
}

/** The password in a `DATABASE_URL`, whatever else is wrong with it. */
export function passwordOf(value: string): string | undefined {
  const url = readHosts(value)?.url
  return url?.searchParams.get('password') || (url && decodeURIComponent(url.password)) || undefined
}

/** `word`, unless it is the one of `setting` and there is no TLS. */
function needingTls<T extends string>(tls: unknown, setting: string, word: T | undefined): T | undefined {
  if (!tls && word && setting.endsWith(`=${word}`))
    throw new Error(`${setting}: needs an sslmode, such as verify-full`)
  return word
}

/** Those of the parameters `host` and `port`, as libpq takes them, before those of the URL itself. */
function readHostNames(parameters: ReadonlyMap<string, string>, inUrl: Host[]): Host[] {
  const names = parameters.get('host')?.split(',')
  const ports = parameters.get('port')?.split(',')
  const hosts = names?.map((host): Host => ({ host, port: undefined })) ?? inUrl
  if (!ports) return hosts
  if (ports.some((port) => !/^\d{1,5}$/.test(port)) || ![1, hosts.length].includes(ports.length)) {
    throw new Error(`port: got ${JSON.stringify(ports.join(','))}, takes one port, or one for each host`)
  }
  return hosts.map(({ host }, index) => ({ host, port: Number(ports[index] ?? ports[0]) }))
}

function readTls(parameters: ReadonlyMap<string, string>): PostgresSettings['tls'] {
  const mode = readTlsMode(parameters)
  if (mode === 'disable') {
    const idle = [...tlsFiles, 'sslpassword'].find((name) => parameters.has(name))
    if (idle) throw new Error(`${idle}: needs an sslmode other than disable`)
    return false
  }
  const ca = parameters.get('sslrootcert') === 'system' ? undefined : fileOf(parameters, 'sslrootcert')
  const cert = fileOf(parameters, 'sslcert')
  const key = fileOf(parameters, 'sslkey')
  if (cert && !key) throw new Error('sslkey: got nothing, takes the file with the key of sslcert')
  if (key && !cert) throw new Error('sslcert: got nothing, takes the file with the certificate of sslkey')
  const passphrase = parameters.get('sslpassword')
  const minVersion = oneOfWords(parameters, 'ssl_min_protocol_version', tlsVersions)
  const maxVersion = oneOfWords(parameters, 'ssl_max_protocol_version', tlsVersions)
  return {
    rejectUnauthorized: mode !== 'no-verify',
    ...(mode === 'verify-ca' && { checkServerIdentity: anyName }),
    ...(ca && { ca }),
    ...(cert && key && { cert, key }),
    ...(passphrase && { passphrase }),
    ...(minVersion && { minVersion }),
    ...(maxVersion && { maxVersion }),
  }
}

function readTlsMode(parameters: ReadonlyMap<string, string>): TlsMode {
  const mode = oneOfWords(parameters, 'sslmode', tlsModes)
  const ssl = oneOfWords(parameters, 'ssl', ['true', '1', 'false', '0', 'no-verify'])
  const fallback = tlsFiles.some((name) => parameters.has(name)) ? 'verify-full' : 'disable'
  if (ssl === undefined) return mode ?? fallback
  const wanted = ssl === 'no-verify' ? ssl : ['true', '1'].includes(ssl) ? 'require' : 'disable'
  const isAtOdds = wanted === 'require' ? mode === 'disable' : mode !== wanted
  if (mode && isAtOdds)
    throw new Error(`ssl: got ${JSON.stringify(ssl)}, which is at odds with sslmode=${mode}`)
  return mode ?? wanted
}

/** The certificate may be that of any host. */
export function anyName(): undefined {}
