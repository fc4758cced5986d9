import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** A new, empty database on the server that `serverUrl` leads to, and the way to be rid of it. */
export async function newDatabase(serverUrl: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `voicepin_${randomBytes(6).toString('hex')}`
  await command(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => command(serverUrl, `drop database if exists ${name} with (force)`) }
}

async function command(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
