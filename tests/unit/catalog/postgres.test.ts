import { type Kysely, sql } from 'kysely'
import pg from 'pg'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
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

describe.skipIf(!hasPostgres)('the index of Postgres by CID', () => {
  const subject = postgresSubject()

  it.each([
    ['the clip of a CID', ({ pins }: Catalog) => pins.clipOf('x')],
    ['what was deleted of a CID', ({ deletions }: Catalog) => deletions.hasContent('x')],
    ['a search for clips', ({ clipList }: Catalog) => clipList.find('0123456789', 1)],
  ])('serves %s', async (_, use) => {
    const catalog = (await subject.prepare())()
    await catalog.totals()
    const query = vi.spyOn(pg.Client.prototype, 'query')
    await use(catalog)
    const [[statement] = []] = query.mock.calls as unknown as [string][]
    query.mockRestore()
    const plans = createDatabase(postgresServer(subject.url()))
    onTestFinished(() => plans.close())
    const plan = await plans.transaction(async (db) => {
      // A table that is nearly empty is read as a whole otherwise.
      await sql`set local enable_seqscan = off`.execute(db)
      const { rows } = await sql.raw<object>(`explain (generic_plan) ${statement}`).execute(db)
      return rows.flatMap(Object.values).join('\n')
    })
    expect(plan).toMatch(/clips_by_cid.*\n *Index Cond: \(cid = \$/)
  })
})

async function someoneWaits(db: Kysely<Schema>) {
  await until('somebody waits for a lock', async () => {
    const { rows } = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
    return rows.length > 0
  })
}
