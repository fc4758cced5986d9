import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import path from 'node:path'
import { TLSSocket } from 'node:tls'
import { sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { createDatabase } from '#lib/catalog/connection.ts'
import { postgresServer } from '#lib/catalog/postgres.ts'
import { findServer } from '../../../scripts/find-program.mjs'
import { lacking } from '../../support/lacking.ts'
import { freePort } from '../../support/servers/free-port.ts'
import { startPgBouncer } from '../../support/servers/pgbouncer.ts'
import { newDatabase } from '../../support/servers/postgres-database.ts'
import { HOUR_MS, NOW, newClip, noLimit, waitingClip } from './catalog-subject.ts'
import { hasPostgres, postgresSubject } from './postgres-subject.ts'
import { weakNetwork } from './weak-network.ts'

const fixture = (name: string) => path.resolve(import.meta.dirname, '../../fixtures/tls', name)
const CA = `sslrootcert=${fixture('ca.crt')}`

function databaseAt(url: string) {
  const database = createDatabase(postgresServer(url))
  onTestFinished(() => database.close())
  return database
}

function catalogAt(url: string) {
  const catalog = createCatalog(postgresServer(url))
  onTestFinished(() => catalog.close())
  return catalog
}

describe.skipIf(!hasPostgres)('DATABASE_URL', () => {
  const subject = postgresSubject()

  /** What the server knows of its connection by `parameters`. */
  async function connectionBy(parameters: string, host = 'localhost') {
    const url = `${subject.url().replace('127.0.0.1', host)}?max=1&${parameters}`
    const { rows } = await databaseAt(url).read((db) =>
      sql<{ isEncrypted: boolean; name: string | null; appName: string; path: string }>`
        select ssl as is_encrypted, client_dn as name, current_setting('application_name') as app_name,
          current_setting('search_path') as path
        from pg_stat_ssl where pid = pg_backend_pid()`.execute(db),
    )
    return rows[0]
  }

  it('verifies the server in full by sslmode=verify-full, and the chain alone by verify-ca', async () => {
    expect(await connectionBy(`sslmode=verify-full&${CA}`)).toMatchObject({ isEncrypted: true })
    expect(await connectionBy(`sslmode=verify-ca&${CA}`, '127.0.0.1')).toMatchObject({ isEncrypted: true })
    await expect(connectionBy(`sslmode=verify-full&${CA}`, '127.0.0.1')).rejects.toThrow('does not match')
    await expect(connectionBy('sslmode=verify-full')).rejects.toThrow('certificate')
  })

  it('never connects in plain text where it asks for TLS, and does where it does not', async () => {
    await expect(connectionBy('ssl=true')).rejects.toThrow('certificate')
    expect(await connectionBy('ssl=no-verify')).toMatchObject({ isEncrypted: true })
    expect(await connectionBy(`ssl=1&${CA}`)).toMatchObject({ isEncrypted: true })
    expect(await connectionBy('ssl=false')).toMatchObject({ isEncrypted: false })
  })

  it('has the client certificate, the name and the options that it says', async () => {
    const certificate = `sslcert=${fixture('client.crt')}&sslkey=${fixture('client.key')}`
    const said = `application_name=engine&options=${encodeURIComponent('-c search_path=public,voices')}`
    expect(await connectionBy(`${CA}&${certificate}&${said}`)).toEqual({
      isEncrypted: true,
      name: '/CN=voicepin',
      appName: 'engine',
      path: 'public,voices',
    })
  })

  it('with channel_binding=require proves the password by a bound channel, and gives it to nobody else', async () => {
    expect(await connectionBy(`${CA}&channel_binding=require`)).toMatchObject({ isEncrypted: true })
    const { port, received } = await credulous()
    const url = `postgres://voicepin:secret-of-the-test@localhost:${port}/voicepin?channel_binding=require&${CA}`
    await expect(databaseAt(url).read((db) => sql`select 1`.execute(db))).rejects.toThrow(
      'channel_binding=require: the server asks for the password without a bound channel',
    )
    expect(received()).not.toContain('secret-of-the-test')
  })

  it('with several hosts uses the one that takes writes, and another one when it is gone', async () => {
    const catalog = (await subject.prepare())()
    await catalog.check()
    const [first, second] = [await weakNetwork(subject.url()), await weakNetwork(subject.url())]
    const hosts = [first.url, second.url].map((url) => new URL(url).host)
    const url = subject.url().replace(/@[^/]*/, `@127.0.0.1:${await freePort()},${hosts.join(',')}`)
    const several = catalogAt(`${url}?connect_timeout=1&statement_timeout=1000`)
    await several.clips.reserve(newClip(), noLimit)
    first.hang()
    first.cut()
    await several.check().catch(() => {})
    await several.clips.reserve(newClip(), noLimit)
    expect((await catalog.totals()).heldClips).toBe(2)
  })

  it('with several hosts says of each why it cannot be used', async () => {
    const { url, drop } = await newDatabase(subject.url())
    onTestFinished(drop)
    const name = new URL(url).pathname.slice(1)
    await databaseAt(subject.url()).run((db) =>
      sql`alter database ${sql.id(name)} set default_transaction_read_only = on`.execute(db),
    )
    const gone = `127.0.0.1:${await freePort()}`
    const { host } = new URL(url)
    await expect(catalogAt(url.replace(host, `${gone},${host}`)).check()).rejects.toThrow(
      new RegExp(`None of the 2 hosts takes writes: ${gone}: .*ECONNREFUSED.*; ${host}: it is read-only`),
    )
  })

  it('leads a role that may create no tables to the words of the server', async () => {
    const { url, drop } = await newDatabase(subject.url())
    const role = new URL(url).pathname.slice(1)
    const admin = databaseAt(subject.url())
    await admin.run((db) => sql`create role ${sql.id(role)} login password 'a-password'`.execute(db))
    onTestFinished(async () => {
      await drop()
      await databaseAt(subject.url()).run((db) => sql`drop role ${sql.id(role)}`.execute(db))
    })
    const address = new URL(url)
    address.username = role
    address.password = 'a-password'
    await expect(catalogAt(address.href).check()).rejects.toThrow('permission denied for schema public')
  })

  it.skipIf(lacking(findServer('pgbouncer') !== undefined, 'there is no PgBouncer'))(
    'may lead to a PgBouncer in transaction mode',
    async () => {
      await subject.prepare()
      const bouncer = await startPgBouncer(subject.url())
      onTestFinished(() => bouncer.stop())
      const url = bouncer.urlOf(new URL(subject.url()).pathname.slice(1))
      const [one, two] = [catalogAt(`${url}?pgbouncer=true`), catalogAt(url)]
      const clips = await Promise.all(
        Array.from({ length: 20 }, (_, index) => waitingClip([one, two][index % 2] ?? one)),
      )
      const claim = ({ queue }: typeof one) =>
        queue.claim({
          dueOnly: false,
          now: NOW + 60_000,
          limit: 1,
          lease: { owner: 'me', expiresAt: NOW + HOUR_MS },
        })
      const claimed = await Promise.all(clips.map((_, index) => claim([one, two][index % 2] ?? one)))
      expect(new Set(claimed.flat().map(({ id }) => id)).size).toBe(20)
      expect(await claim(one)).toEqual([])
    },
  )

  it.skipIf(lacking(findServer('pgbouncer') !== undefined, 'there is no PgBouncer'))(
    'waits for a PgBouncer that refuses everything, since the server is only just back',
    async () => {
      await subject.prepare()
      const network = await weakNetwork(subject.url())
      const bouncer = await startPgBouncer(network.url)
      onTestFinished(() => bouncer.stop())
      const url = bouncer.urlOf(new URL(subject.url()).pathname.slice(1))
      const catalog = catalogAt(url)
      await catalog.check()
      const refused = network.refuseLogins()
      // Whoever asks first waits; once its connection has been refused, PgBouncer refuses the others for a second.
      const first = catalogAt(url).check()
      await refused
      network.mend()
      await catalog.clips.reserve(newClip(), noLimit)
      await first
    },
  )
})

/** A server with the right certificate that asks for the password itself: it collects what it is sent. */
async function credulous() {
  const texts: string[] = []
  const server = createServer((socket: Socket) => {
    socket.once('data', () => {
      socket.write('S')
      const secure = new TLSSocket(socket, {
        isServer: true,
        cert: readFileSync(fixture('server.crt')),
        key: readFileSync(fixture('server.key')),
      })
      secure.on('error', () => {})
      secure.once('data', () => secure.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])))
      secure.on('data', (bytes) => texts.push(bytes.toString('latin1')))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, received: () => texts.join('') }
}
