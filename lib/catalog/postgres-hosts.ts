import type { ClientConfig, Client as PostgresClient } from 'pg'
import type { PostgresSettings } from '#lib/config/postgres-url.ts'
import type { Host } from '#lib/config/url-parts.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { describeError } from '#lib/platform/errors.ts'
import { hedgedRace } from '#lib/platform/hedged-race.ts'
import { NoPrimaryError } from './postgres-errors.ts'

/** How long a host may take before the next one is asked as well. */
const STAGGER_MS = 500

/**
 * How to connect, for the driver. Of several hosts it names the one that takes writes now: they are asked in their order.
 *
 * @throws NoPrimaryError where none of several hosts does, with what each of them said
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 */
export async function connectionOptions(
  settings: PostgresSettings,
  Client: typeof PostgresClient,
): Promise<ClientConfig> {
  const { hosts, keepAliveMs } = settings
  const shared: ClientConfig = {
    user: settings.user,
    password: settings.password,
    database: settings.database,
    options: settings.options,
    ssl: settings.tls,
    ...(settings.isTlsDirect && { sslnegotiation: 'direct' }),
    enableChannelBinding: settings.channelBinding !== 'disable',
    application_name: settings.applicationName,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    keepAlive: keepAliveMs !== undefined,
    ...(keepAliveMs !== undefined && { keepAliveInitialDelayMillis: keepAliveMs }),
  }
  const [first] = hosts
  if (hosts.length === 1) return { ...shared, ...placeOf(first) }
  const optionsFor = (host: Host) => ({ ...shared, ...placeOf(host) })
  const attempts = hosts.map((host) => () => requireWritable(new Client(optionsFor(host)), optionsFor(host)))
  const { signal } = new AbortController()
  return hedgedRace(attempts, { clock: systemClock, staggerMs: STAGGER_MS, signal }).catch((cause) => {
    const said = cause instanceof AggregateError ? cause.errors.map(describeError).join('; ') : String(cause)
    throw new NoPrimaryError(`None of the ${hosts.length} hosts takes writes: ${said}`, { cause })
  })
}

const placeOf = (place: Host | undefined) => ({
  // Without a host the driver looks into the environment, as those of other languages do.
  ...(place?.host && { host: place.host }),
  ...(place?.port && { port: place.port }),
})

/** `options`, if the server there takes writes. */
async function requireWritable(client: PostgresClient, options: ClientConfig): Promise<ClientConfig> {
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query('show transaction_read_only')
    if (rows[0]?.transaction_read_only !== 'off') throw new Error('it is read-only')
    return options
  } catch (cause) {
    throw new Error(`${options.host}:${options.port ?? 5432}: ${describeError(cause)}`, { cause })
  } finally {
    client.end().catch(() => {})
  }
}
