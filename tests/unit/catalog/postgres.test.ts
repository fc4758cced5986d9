import { type Kysely, sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDatabase } from '#lib/catalog/connection.ts'
import { postgresServer } from '#lib/catalog/postgres.ts'
import type { Schema } from '#lib/catalog/schema.ts'
import { until } from '../../support/until.ts'
import { describeCatalog } from './catalog-conformance.ts'
import { HOUR_MS, NOW, waitingClip } from './catalog-subject.ts'
import { hasPostgres, postgresSubject } from './postgres-subject.ts'

describe.skipIf(!hasPostgres)('the catalog on a real Postgres', () => {
  const subject = postgresSubject()
  describeCatalog(subject)

  it('does not give a request a clip that expires at this moment', async () => {
    const catalog = (await subject.prepare())()
    const { id } = await waitingClip(catalog)
    const request = { hash: 'h', clipId: id, now: NOW, notBefore: 0, owner: 'me' }
    const claim = { ...request, expiresAt: NOW + 2 * HOUR_MS }
    await catalog.requests.claim(claim)
    const another = createDatabase(postgresServer(subject.url()))
    onTestFinished(() => another.close())
    const owner = await another.transaction(async (db) => {
      await db.updateTable('clips').set({ state: 'expired' }).where('id', '=', id).execute()
      const claiming = catalog.requests.claim({ ...claim, clipId: 'another' })
      // It has found the clip as it was, and waits for what this transaction has changed.
      await someoneWaits(db)
      return { claiming }
    })
    expect(await owner.claiming).toEqual({ status: 'ours' })
  })
})

async function someoneWaits(db: Kysely<Schema>) {
  await until('somebody waits for a lock', async () => {
    const { rows } = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
    return rows.length > 0
  })
}
