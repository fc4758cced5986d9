import { sql } from 'kysely'
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { createDatabase } from '#lib/catalog/connection.ts'
import { postgresServer } from '#lib/catalog/postgres.ts'
import { newDatabase } from '../../support/servers/postgres-database.ts'
import type { Subject } from './catalog-subject.ts'

export const hasPostgres = inject('postgresUrl') !== undefined

/** One database for the tests of a file, emptied before each. Nothing where there is no server: tests are skipped then. */
export function postgresSubject() {
  let url = ''
  let drop = async () => {}

  beforeAll(async () => {
    const server = inject('postgresUrl')
    if (server) ({ url, drop } = await newDatabase(server))
  })
  afterAll(() => drop())

  return {
    title: 'Postgres',
    url: () => url,
    async prepare(options: Parameters<Subject['prepare']>[0] = {}) {
      await emptied(url)
      return () => {
        const catalog = createCatalog(postgresServer(url), { ...options, recordsWebhooks: true })
        onTestFinished(() => catalog.close())
        return catalog
      }
    },
  }
}

async function emptied(url: string) {
  const database = createDatabase(postgresServer(url))
  await database.run(async (db) => {
    await sql`truncate clips, attempts, speech_attempts, captions, ended_sessions, counters, holdings, roll_ups, pins, replications, requests, scripts, script_pieces, idempotency_keys,
      daily_characters, webhooks, deletions, deletion_targets, samples, ipni_chain, ipni_blocks, ipni_entries, ipni_changes, clock restart identity`.execute(
      db,
    )
  })
  await database.close()
}
