import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { expect, it, onTestFinished } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { migrationsFor } from '#lib/catalog/migrations/index.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { NOW } from './catalog-subject.ts'

/** A catalog as a version left it that knew the migrations up to `last`. */
async function catalogOf(last: string, sql: string): Promise<string> {
  const file = path.join(await temporaryDirectory(), 'catalog.sqlite')
  const database = new DatabaseSync(file)
  const prepare = (text: string) => {
    const statement = database.prepare(text)
    type Values = Parameters<typeof statement.all>
    return {
      reader: statement.columns().length > 0,
      all: (values: readonly unknown[]) => statement.all(...(values as Values)),
      run: (values: readonly unknown[]) => statement.run(...(values as Values)),
      iterate: (values: readonly unknown[]) => statement.iterate(...(values as Values)),
    }
  }
  const db = new Kysely({ dialect: new SqliteDialect({ database: { close() {}, prepare } }) })
  const { error } = await new Migrator({ db, provider: migrationsFor('sqlite') }).migrateTo(last)
  if (error) throw error
  database.exec(sql)
  database.close()
  return file
}

it('a catalog from before triggers kept the totals has them after the migration, and keeps them', async () => {
  const columns = 'id, state, request_id, characters, voice_id, created_at, expires_at, size_bytes, is_held'
  const clip = (id: string, state: string, isHeld: number) =>
    `insert into clips (${columns}, next_attempt_at)
     values ('${id}', '${state}', 'r', 1, 'slt', ${NOW}, ${NOW}, 100, ${isHeld}, ${NOW});`
  const file = await catalogOf(
    '008-spoken',
    `${clip('one', 'pending', 1)} ${clip('two', 'stored', 1)} ${clip('three', 'stored', 0)}
     insert into counters (name, label, value) values ('clips_stored', 'pinata', 2);`,
  )
  const catalog = createCatalog(sqliteFile(file))
  onTestFinished(() => catalog.close())
  expect(await catalog.totals()).toEqual({ heldClips: 2, heldBytes: 200, waitingClips: 1 })
  expect(await catalog.counters.read()).toEqual({ clips_stored: { pinata: 2 } })
  await catalog.clips.markBytesDeleted('two')
  await catalog.clips.store('one', { provider: 'pinata', ipfsHash: 'h', permanentUrl: 'u', storedAt: NOW })
  expect(await catalog.totals()).toEqual({ heldClips: 1, heldBytes: 100, waitingClips: 0 })
  expect(await catalog.counters.read()).toMatchObject({ clips_stored: { pinata: 3 } })
})

it('the previous version, which has the catalog open, goes on adding to counters beside this one', async () => {
  const file = await catalogOf('008-spoken', '')
  const versionBefore = new DatabaseSync(file)
  onTestFinished(() => versionBefore.close())
  const catalog = createCatalog(sqliteFile(file))
  onTestFinished(() => catalog.close())
  for (const sum of [2, 4]) {
    await catalog.counters.add([{ name: 'characters_spoken', value: 1 }])
    versionBefore.exec(`insert into counters (name, label, value) values ('characters_spoken', '', 1)
      on conflict (name, label) do update set value = counters.value + excluded.value`)
    expect(await catalog.counters.read()).toEqual({ characters_spoken: { '': sum } })
  }
})

it('a key that was answered by the previous version gives the clip of its answer', async () => {
  const columns = 'id, state, request_id, characters, voice_id, created_at, expires_at, size_bytes, is_held'
  const answer = JSON.stringify({ success: true, data: { id: 'one', audioUrl: 'u' } })
  const file = await catalogOf(
    '010-ipni',
    `insert into clips (${columns}) values ('one', 'stored', 'r', 1, 'slt', ${NOW}, ${NOW}, 100, 1);
     insert into idempotency_keys (key, fingerprint, answer, created_at) values ('k', 'f', '${answer}', ${NOW});`,
  )
  const catalog = createCatalog(sqliteFile(file))
  onTestFinished(() => catalog.close())
  const claim = {
    key: 'k',
    fingerprint: 'f',
    now: NOW,
    clipId: 'two',
    lease: { owner: 'me', expiresAt: NOW },
  }
  expect(await catalog.idempotencyKeys.claim(claim)).toMatchObject({ status: 'spoken', clip: { id: 'one' } })
})

it('a catalog from before sums were kept by steps of time has them after the migration, and keeps them', async () => {
  const at = NOW + 1000
  const clip = (id: string, state: string, times: string) =>
    `insert into clips (id, state, request_id, characters, voice_id, created_at, expires_at, size_bytes, is_held, provider,
       staged_at, stored_at, next_attempt_at)
     values ('${id}', '${state}', 'r', 1, 'slt', ${at}, ${at}, 100, 1, 'pinata', ${times}, ${at});`
  const attempt = (outcome: string) =>
    `insert into attempts (clip_id, provider, "trigger", started_at, outcome, may_have_stored)
     values ('one', 'pinata', 'cron', ${at}, '${outcome}', 0);`
  const file = await catalogOf(
    '020-installation',
    `${clip('one', 'stored', `${at}, ${at + 1234}`)} ${clip('two', 'pending', `${at}, null`)}
     ${clip('three', 'speaking', 'null, null')} ${attempt('stored')} ${attempt('running')}
     insert into speech_attempts (id, vendor, characters, started_at, first_byte_ms, duration_ms, outcome)
     values ('a', 'elevenlabs', 7, ${at}, 40, 90, 'spoken');`,
  )
  const catalog = createCatalog(sqliteFile(file))
  onTestFinished(() => catalog.close())
  const span = { from: NOW, to: NOW + 3_600_000, stepMs: 3_600_000 }
  const { stats, speechAttempts } = catalog
  expect(await stats.states(span)).toEqual({ waiting: 1, stored: 1, expired: 0 })
  expect(await stats.timesToIpfs(span)).toEqual([{ step: 0, provider: 'pinata', ms: 1200, clips: 1 }])
  const tried = { step: 0, provider: 'pinata', isBackground: true }
  expect(await stats.attempts(span)).toEqual([{ ...tried, stored: 1, failed: 0 }])
  expect(await speechAttempts.counts(span)).toMatchObject([{ attempts: 1, characters: 7 }])
  await catalog.clips.store('two', {
    provider: 'pinata',
    ipfsHash: 'h',
    permanentUrl: 'u',
    storedAt: at + 5,
  })
  expect(await stats.states(span)).toEqual({ waiting: 0, stored: 2, expired: 0 })
  expect((await stats.timesToIpfs(span)).map(({ ms }) => ms)).toEqual([5, 1200])
})
