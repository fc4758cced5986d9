import { sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { CatalogError, createDatabase } from '#lib/catalog/connection.ts'
import { migrationsFor } from '#lib/catalog/migrations/index.ts'
import { postgresServer } from '#lib/catalog/postgres.ts'
import { freePort } from '../../support/servers/free-port.ts'
import { startPostgres } from '../../support/servers/postgres.ts'
import { newDatabase } from '../../support/servers/postgres-database.ts'
import { until } from '../../support/until.ts'
import { NOW, newClip, noLimit, waitingClip } from './catalog-subject.ts'
import { hasPostgres, postgresSubject } from './postgres-subject.ts'
import { weakNetwork } from './weak-network.ts'

function catalogAt(url: string, parameters: Record<string, string> = {}) {
  const address = new URL(url)
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value)
  const catalog = createCatalog(postgresServer(address.href))
  onTestFinished(() => catalog.close())
  return catalog
}

async function secondsOf(work: Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work.catch(() => {})
  return (performance.now() - begun) / 1000
}

const increment = { name: 'characters_saved', value: 1 } as const

describe.skipIf(!hasPostgres)('the catalog in Postgres', () => {
  const subject = postgresSubject()

  /** An empty catalog behind a network that can be told to fail. */
  async function behindWeakNetwork(parameters: Record<string, string> = {}) {
    const safe = (await subject.prepare())()
    await safe.check()
    const network = await weakNetwork(subject.url())
    const catalog = catalogAt(network.url, { max: '1', ...parameters })
    await catalog.check()
    return { catalog, network, safe }
  }

  it('is migrated once, by ten instances that start at the same moment on an empty database', async () => {
    const { url, drop } = await newDatabase(subject.url())
    onTestFinished(drop)
    const catalogs = Array.from({ length: 10 }, () => createCatalog(postgresServer(url)))
    await Promise.all(catalogs.map((catalog) => catalog.clips.reserve(newClip(), noLimit)))
    expect(await catalogs[0]?.totals()).toMatchObject({ heldClips: 10 })
    const database = createDatabase(postgresServer(url))
    const { rows } = await database.read((db) =>
      sql<{ name: string }>`select name from kysely_migration`.execute(db),
    )
    const known = await migrationsFor('postgres').getMigrations()
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(known).sort())
    await Promise.all([...catalogs, database].map((one) => one.close()))
  })

  it('works beside a newer version, which has made migrations of its own', async () => {
    const { url, drop } = await newDatabase(subject.url())
    onTestFinished(drop)
    await catalogAt(url).check()
    const newer = createDatabase(postgresServer(url))
    await newer.run((db) => sql`insert into kysely_migration values ('999-later', '2030-01-01')`.execute(db))
    await newer.close()
    await catalogAt(url).check()
  })

  it('fails at once with a wrong password, which the error does not repeat', async () => {
    const url = new URL(subject.url())
    url.password = 'not-the-password'
    const failure = await catalogAt(url.href)
      .check()
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(CatalogError)
    expect(String(failure)).toContain('password authentication failed for user "voicepin"')
    expect(String(failure)).not.toContain('not-the-password')
  })

  it('fails within seconds where no server listens', async () => {
    const port = await freePort()
    const catalog = catalogAt(`postgres://voicepin:secret@localhost:${port}/voicepin`)
    expect(await secondsOf(catalog.check())).toBeLessThan(4)
    await expect(catalog.check()).rejects.toThrow(/^The catalog failed: .*ECONNREFUSED/)
  })

  it('waits no longer than connect_timeout for a server that accepts connections and does not answer', async () => {
    const network = await weakNetwork(subject.url())
    network.hang()
    const catalog = catalogAt(network.url, { connect_timeout: '1' })
    expect(await secondsOf(catalog.check())).toBeLessThan(3)
    await expect(catalog.check()).rejects.toThrow(CatalogError)
    network.mend()
    await catalog.check()
  })

  it('waits no longer than statement_timeout for the answer to its first query', async () => {
    const network = await weakNetwork(subject.url())
    network.hangAt('kysely_migration')
    const catalog = catalogAt(network.url, { statement_timeout: '500' })
    expect(await secondsOf(catalog.check())).toBeLessThan(5)
    network.mend()
    await catalog.check()
  }, 20_000)

  it('gives up a query that is not answered, and its connection', async () => {
    const { catalog, network } = await behindWeakNetwork({ statement_timeout: '500', connect_timeout: '1' })
    network.hang()
    const seconds = await secondsOf(catalog.totals())
    expect(seconds).toBeGreaterThan(2)
    expect(seconds).toBeLessThan(5)
    network.mend()
    await catalog.check()
  }, 20_000)

  it('ends a statement that takes too long, and its connection works on', async () => {
    await subject.prepare()
    const url = new URL(subject.url())
    url.searchParams.set('statement_timeout', '100')
    const database = createDatabase(postgresServer(url.href))
    onTestFinished(() => database.close())
    const tooLong = database.run((db) => sql`select pg_sleep(60)`.execute(db))
    await expect(tooLong).rejects.toThrow('canceling statement due to statement timeout')
    await database.run((db) => sql`select 1`.execute(db))
  })

  it('waits only seconds for a process that hangs with the byte budget, and not at all where there is plenty', async () => {
    const { catalog: still, network, safe } = await behindWeakNetwork()
    network.hangAt('insert into "clips"')
    // Where little is left of the budget one reserves after the other.
    const little = 10 * newClip().sizeBytes
    still.clips.reserve(newClip(), little).catch(() => {})
    const observer = createDatabase(postgresServer(subject.url()))
    onTestFinished(() => observer.close())
    // The view has those of all databases of the server, which other tests use at the same time.
    const locks = sql`select 1 from pg_locks join pg_database on pg_database.oid = pg_locks.database
      where datname = current_database() and locktype = 'advisory' and granted`
    const holders = async () => (await observer.read((db) => locks.execute(db))).rows.length
    await until('it holds the byte budget', async () => (await holders()) > 0)
    const begun = performance.now()
    expect(await safe.clips.reserve(newClip(), noLimit)).toBe(true)
    expect(await holders()).toBe(1)
    expect(await safe.clips.reserve(newClip(), little)).toBe(true)
    expect(performance.now() - begun).toBeLessThan(6000)
  }, 20_000)

  it('repeats a read whose connection broke', async () => {
    const { catalog, network, safe } = await behindWeakNetwork()
    const { id } = await waitingClip(safe)
    network.cutAt('select', 'after')
    expect(await catalog.clips.find(id)).toMatchObject({ id })
  })

  it('repeats a transaction that broke off before its commit', async () => {
    const { catalog, network, safe } = await behindWeakNetwork()
    const { id } = await waitingClip(safe)
    network.cutAt('update "clips"', 'after')
    expect(await catalog.clips.resize(id, 777, noLimit)).toBe(true)
    expect(await safe.clips.find(id)).toMatchObject({ sizeBytes: 777 })
  })

  it('never repeats a commit or a statement whose answer was lost', async () => {
    const { catalog, network, safe } = await behindWeakNetwork()
    const spoken = newClip()
    await safe.clips.reserve(spoken, noLimit)
    network.cutAt('commit', 'after')
    await expect(catalog.clips.discard(spoken.id)).rejects.toThrow(CatalogError)
    expect(await safe.clips.find(spoken.id)).toBeNull()
    const { id: clipId } = await waitingClip(safe)
    network.cutAt('insert into attempts', 'after')
    const attempt = { clipId, provider: 'pinata', trigger: 'cron', startedAt: NOW } as const
    await expect(catalog.attempts.begin(attempt)).rejects.toThrow(CatalogError)
    expect(await safe.attempts.ofClip(clipId)).toHaveLength(1)
    network.cutAt('insert into "counters"', 'after')
    await expect(catalog.counters.add([increment])).rejects.toThrow(CatalogError)
    expect((await safe.counters.read()).characters_saved).toEqual({ '': 1 })
    await catalog.counters.add([increment])
  })

  it('replaces idle connections that were cut', async () => {
    const { catalog, network } = await behindWeakNetwork({ max: '5' })
    await Promise.all(Array.from({ length: 5 }, () => catalog.totals()))
    network.cut()
    await catalog.totals()
  })

  it('leaves a server that has become read-only, and finds the one that takes writes', async () => {
    const { url, drop } = await newDatabase(subject.url())
    onTestFinished(drop)
    const operator = createDatabase(postgresServer(url))
    const setReadOnly = (value: string) =>
      operator.run((db) =>
        sql`alter database ${sql.id(new URL(url).pathname.slice(1))} set default_transaction_read_only = ${sql.raw(value)}`.execute(
          db,
        ),
      )
    await setReadOnly('on')
    const catalog = catalogAt(url, { max: '1' })
    await catalog.totals()
    await setReadOnly('off')
    await operator.close()
    await expect(catalog.clips.reserve(newClip(), noLimit)).rejects.toThrow('read-only')
    expect(await catalog.clips.reserve(newClip(), noLimit)).toBe(true)
  })

  it('migrates an empty database that was put in the place of its own', async () => {
    const catalog = (await subject.prepare())()
    await waitingClip(catalog)
    const { url, drop } = await newDatabase(subject.url())
    onTestFinished(drop)
    const moved = catalogAt(url)
    await waitingClip(moved)
    const operator = createDatabase(postgresServer(url))
    await operator.run((db) => sql`drop schema public cascade; create schema public`.execute(db))
    await operator.close()
    await expect(moved.totals()).rejects.toThrow(CatalogError)
    expect(await moved.totals()).toMatchObject({ heldClips: 0 })
  })
})

it.skipIf(!hasPostgres)(
  'the catalog in Postgres goes on after a restart of the server, without one of its own',
  async () => {
    const server = await startPostgres()
    onTestFinished(() => server.stop())
    const catalog = catalogAt(server.url)
    await catalog.check()
    const outcomes = { done: 0, failed: 0 }
    let isOver = false
    const users = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const outcome = await waitingClip(catalog).then(
          () => 'done' as const,
          (error: unknown) => {
            expect(error).toBeInstanceOf(CatalogError)
            return 'failed' as const
          },
        )
        outcomes[outcome] += 1
      }
    })
    await until('some use', () => outcomes.done > 20)
    await server.restart()
    const before = outcomes.done
    await until('use after the restart', () => outcomes.done > before + 20)
    isOver = true
    await Promise.all(users)
    const { waitingClips } = await catalog.totals()
    expect(waitingClips).toBeGreaterThanOrEqual(outcomes.done)
    expect(waitingClips).toBeLessThanOrEqual(outcomes.done + outcomes.failed)
  },
  60_000,
)
