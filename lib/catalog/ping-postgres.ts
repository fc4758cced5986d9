import { readPostgresSettings } from '#lib/config/postgres-url.ts'
import { boundClient } from './postgres-binding.ts'
import { connectionOptions } from './postgres-hosts.ts'

/** Connects to the database at `url` once, and says what answers there. Changes nothing. @throws what `pg` throws */
export async function pingPostgres(url: string): Promise<string> {
  const settings = readPostgresSettings(url)
  const { default: pg } = await import('pg')
  const Client = settings.channelBinding === 'require' ? boundClient(pg.Client) : pg.Client
  const client = new Client(await connectionOptions(settings, Client))
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query('show server_version')
    return `PostgreSQL ${rows[0]?.server_version}`
  } finally {
    await client.end().catch(() => {})
  }
}
