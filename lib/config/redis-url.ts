import type { RedisOptions } from 'ioredis'
import { fileOf, oneOfWords, readHosts, readParameters } from './url-parts.ts'

const SENTINEL_PORT = 26_379
const tlsFiles = ['cacert', 'cert', 'key'] as const
const common = ['username', 'password', 'db', 'family']
const tlsNames = [...tlsFiles, 'insecure']
const sentinelNames = ['sentinel_username', 'sentinel_password']

/**
 * Reads a `REDIS_URL`, whose every part has its effect or is refused by its name:
 *
 * - `redis://user:password@host:6379/0`, or `rediss://` for TLS
 * - `redis+sentinel://user:password@host:26379,host:26379/NAME/0`, or `rediss+sentinel://`: the primary called `NAME`,
 *   which the Sentinels at these hosts know
 *
 * Parameters: `username`, `password`, `db`, `family` (4 or 6); with TLS `cacert`, `cert`, `key`, which name files, and
 * `insecure=true`, as `redis-cli` has them; with Sentinels `sentinel_username` and `sentinel_password`.
 *
 * @throws Error that says what is wrong, and what is right
 */
export function readRedisAddress(value: string): RedisOptions {
  const read = readHosts(value)
  const [, tlsMark, sentinelMark] = /^redis(s?)(\+sentinel)?:/.exec(value) ?? []
  if (!read || tlsMark === undefined) throw new Error('it is no URL of a Redis')
  const { url, hosts } = read
  const parameters = readParameters(url, [
    ...common,
    ...(tlsMark ? tlsNames : []),
    ...(sentinelMark ? sentinelNames : []),
  ])
  const [name, database] = namesIn(url.pathname, { hasName: Boolean(sentinelMark) })
  const db = parameters.get('db') ?? database ?? '0'
  if (!/^\d{1,9}$/.test(db)) throw new Error(`db: got ${JSON.stringify(db)}, takes the number of a database`)
  const family = oneOfWords(parameters, 'family', ['4', '6'])
  const tls = tlsMark ? readTls(parameters) : undefined
  const login = {
    username: parameters.get('username') || decodeURIComponent(url.username) || undefined,
    password: parameters.get('password') || decodeURIComponent(url.password) || undefined,
  }
  const shared = {
    ...defined(login),
    db: Number(db),
    ...(family && { family: Number(family) }),
    ...(tls && { tls }),
  }
  if (!sentinelMark) {
    const [{ host, port = 6379 } = { host: '' }, ...others] = hosts
    if (others.length > 0) {
      throw new Error(
        'several hosts are only for redis+sentinel://host,host/NAME; a Redis Cluster cannot be used',
      )
    }
    return { host: host || '127.0.0.1', port, ...shared }
  }
  if (!name) throw new Error('the name of the primary is missing: redis+sentinel://host:26379/NAME')
  const sentinelUsername = parameters.get('sentinel_username')
  const sentinelPassword = parameters.get('sentinel_password')
  return {
    sentinels: hosts.map(({ host, port = SENTINEL_PORT }) => ({ host, port })),
    name,
    ...shared,
    ...defined({ sentinelUsername, sentinelPassword }),
    ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  }
}

/** Name and database in the path of a URL. */
function namesIn(
  pathname: string,
  { hasName }: { hasName: boolean },
): [string | undefined, string | undefined] {
  const [first, second, ...rest] = pathname.replace(/^\//, '').split('/')
  const isTooLong = rest.length > 0 || (!hasName && second !== undefined)
  if (isTooLong)
    throw new Error(`the path ${JSON.stringify(pathname)} is too long: takes the number of a database`)
  return hasName ? [decodeURIComponent(first ?? ''), second || undefined] : [undefined, first || undefined]
}

function readTls(parameters: ReadonlyMap<string, string>) {
  const [ca, cert, key] = tlsFiles.map((name) => fileOf(parameters, name))
  if (Boolean(cert) !== Boolean(key)) throw new Error('cert, key: take both files or none')
  const isInsecure = oneOfWords(parameters, 'insecure', ['true', 'false']) === 'true'
  return { ...defined({ ca, cert, key }), ...(isInsecure && { rejectUnauthorized: false }) }
}

function defined<T extends Record<string, string | undefined>>(values: T) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: string
  }
}
