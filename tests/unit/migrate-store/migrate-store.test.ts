import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { createDatabase } from '#lib/catalog/connection.ts'
import { postgresServer } from '#lib/catalog/postgres.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { openClip } from '#lib/clips/open-clip.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import { readConfig } from '#lib/config/index.ts'
import { migrateStore } from '#lib/migrate-store/migrate-store.ts'
import { newClipId } from '#lib/model/clip.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { createKeyedHash } from '#lib/platform/keyed-hash.ts'
import { createBucket } from '#lib/temp-audio/bucket.ts'
import { compileCache } from '../../support/program.ts'
import { newDatabase } from '../../support/servers/postgres-database.ts'
import { type S3Server, startS3 } from '../../support/servers/s3.ts'
import { speak, testServices, waitingClips } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

const root = path.join(import.meta.dirname, '../../..')

/** A single machine that was used and has stopped: two stored clips, some that wait, and rows in every table. */
async function makeSource({ waiting = 3 } = {}) {
  const world = await testServices()
  const { services, directory, audioDirectory } = world
  const stored = [(await speak(services)).id, (await speak(services)).id]
  const waitingIds = await waitingClips(services, waiting)
  await services.keyedHash.hash('makes the key')
  await services.catalog.stats.sample(1_000_000, 0)
  await services.catalog.close()
  const source = createDatabase(sqliteFile(path.join(directory, 'catalog.sqlite')))
  const [clipId = ''] = stored
  const leased = { leaseOwner: 'somebody', leaseExpiresAt: 2_000_000_000_000 }
  await source.run(async (db) => {
    await db
      .insertInto('replications')
      .values({ clipId, failedRounds: 1, nextAttemptAt: 5, lastError: null, ...leased })
      .execute()
    await db
      .insertInto('requests')
      .values({ hash: 'a-hash', clipId, claimedAt: 7, leaseOwner: null })
      .execute()
    await db.insertInto('endedSessions').values({ id: 'a session', endsAt: 7 }).execute()
    await db
      .insertInto('idempotencyKeys')
      .values({ key: 'a key', fingerprint: 'f', answer: '{}', clipId, createdAt: 1, ...leased })
      .execute()
    await db.insertInto('captions').values({ clipId, cid: 'c', alignment: '{}', isFiled: 1 }).execute()
    await db
      .insertInto('speechAttempts')
      .values({
        id: 'an attempt',
        vendor: 'local',
        clipId,
        characters: 9,
        startedAt: 1,
        firstByteMs: 2,
        durationMs: 3,
        outcome: 'spoken',
        error: null,
      })
      .execute()
    const script = { id: 'a script', requestId: 'r', caller: 'c', reuseScope: null, request: '{}' }
    const progress = { characters: 9, pieceCount: 1, clipId: null, createdAt: 1, endedAt: null }
    const schedule = { failedRounds: 0, nextAttemptAt: 1, lastError: null, errorCode: null }
    await db
      .insertInto('scripts')
      .values({
        ...script,
        ...progress,
        ...schedule,
        ...leased,
        state: 'speaking',
        idempotencyKey: null,
        fingerprint: null,
      })
      .execute()
    const piece = { scriptId: 'a script', number: 0, turn: 0, textStart: 0, textLength: 9, characters: 9 }
    await db
      .insertInto('scriptPieces')
      .values({ ...piece, clipId, isSpoken: 1, isReused: 0, durationMs: 7, lostAttempts: 0 })
      .execute()
    await db
      .insertInto('dailyCharacters')
      .values({ day: '2026-11-22', caller: 'somebody', characters: 12 })
      .execute()
    const deleted = { requestedAt: 1, requestedBy: 'maker', doneAt: null, failedRounds: 1 } as const
    await db
      .insertInto('deletions')
      .values({ clipId, ...deleted, nextAttemptAt: 9, lastError: 'down', ...leased })
      .execute()
    await db
      .insertInto('deletionTargets')
      .values({ clipId, provider: 'pinata', cid: 'bafk', outcome: 'pinned', error: 'down' })
      .execute()
    const webhook = { id: 'msg_1', type: 'clip.stored', clipId, createdAt: 1, attempts: 2 } as const
    await db
      .insertInto('webhooks')
      .values({ ...webhook, nextAttemptAt: 9, lastError: 'a \0 in it', ...leased })
      .execute()
  })
  await source.close()
  return { directory, audioDirectory, stored, waitingIds, all: [...stored, ...waitingIds].sort() }
}

async function makeTarget({ postgres = true, s3 = true } = {}) {
  const server = s3 ? await startS3() : undefined
  if (server) onTestFinished(() => server.stop())
  const environment: Record<string, string> = { ...server?.environment(), REUSE_SECRET: 'the new secret' }
  if (postgres) {
    const { url, drop } = await newDatabase(inject('postgresUrl') as string)
    onTestFinished(drop)
    environment.DATABASE_URL = url
  }
  return { server: server as S3Server, environment, target: readConfig(environment) }
}

function openTarget(url: string | undefined) {
  const database = createDatabase(postgresServer(url as string))
  onTestFinished(() => database.close())
  return database
}

const rowsOf = (url: string | undefined, table: 'clips' | 'attempts' | 'counters') =>
  openTarget(url).read((db) => db.selectFrom(table).selectAll().execute())

async function snapshot(directory: string) {
  const files = (await readdir(directory)).sort()
  return Promise.all(files.map(async (file) => [file, await readFile(path.join(directory, file))] as const))
}

describe.skipIf(!inject('postgresUrl'))('moving a single machine to Postgres and S3', () => {
  it('copies every table and every clip with bytes, proves it, and changes nothing in the source', async () => {
    const { directory, audioDirectory, all } = await makeSource()
    const { target, server } = await makeTarget()
    const before = await snapshot(audioDirectory)
    const result = await migrateStore({ directory, target })
    expect(result).toMatchObject({ isProven: true, problems: [] })
    expect(result.audio).toMatchObject({ clips: 5, copied: 5, verified: 5, alreadyGone: 0 })
    expect(server.objects()).toEqual(all.map((id) => `audio/${id}`))
    for (const { name, sourceRows, targetRows, differing } of result.tables ?? []) {
      expect([name, targetRows, differing]).toEqual([name, sourceRows, 0])
      expect([name, sourceRows > 0]).toEqual([name, true])
    }
    expect(result.tables).toHaveLength(17)
    expect(await snapshot(audioDirectory)).toEqual(before)
  })

  it('ends all leases, and counts the clips that wait', async () => {
    const { directory, waitingIds } = await makeSource()
    const { target } = await makeTarget()
    await migrateStore({ directory, target })
    const clips = await rowsOf(target.databaseUrl, 'clips')
    expect(clips.every(({ leaseOwner }) => leaseOwner === null)).toBe(true)
    const database = openTarget(target.databaseUrl)
    const holdings = await database.read((db) =>
      db
        .selectFrom('holdings')
        .select(({ fn }) => fn.sum('waitingClips').as('waiting'))
        .executeTakeFirst(),
    )
    expect(Number(holdings?.waiting)).toBe(waitingIds.length)
  })

  it('lets a service on the target go on where the old one stopped', async () => {
    const { directory, waitingIds, stored } = await makeSource()
    const { target, environment } = await makeTarget()
    await migrateStore({ directory, target })
    const { services } = await testServices({ clock: systemClock, environment })
    onTestFinished(() => services.s3?.bucket.close())
    const [id = ''] = stored
    const opened = await openClip(services, id)
    expect(opened.from === 'here' && (await opened.read())).toBeTruthy()
    const signal = new AbortController().signal
    const { successCount } = await uploadPending(services, {
      limit: 10,
      trigger: 'admin',
      dueOnly: false,
      signal,
    })
    expect(successCount).toBe(waitingIds.length)
  })

  it('only proves again what is copied already, and doubles no counter', async () => {
    const { directory } = await makeSource()
    const { target, server } = await makeTarget()
    const first = await migrateStore({ directory, target })
    const counters = await rowsOf(target.databaseUrl, 'counters')
    server.requests.length = 0
    const second = await migrateStore({ directory, target })
    expect(second).toMatchObject({ isProven: true, audio: { copied: 0, verified: 5 } })
    expect(second.tables).toEqual(first.tables)
    expect(await rowsOf(target.databaseUrl, 'counters')).toEqual(counters)
    expect(server.requests.filter(({ method }) => method === 'PUT')).toEqual([])
  })

  it('goes on after the bucket has failed half way', async () => {
    const { directory } = await makeSource({ waiting: 20 })
    const { target, server } = await makeTarget()
    const onProgress = ({ verified }: { verified: number }) => {
      if (verified === 6) server.failWith(503)
    }
    await expect(migrateStore({ directory, target, onProgress })).rejects.toThrow('503')
    expect(await rowsOf(target.databaseUrl, 'clips')).toEqual([])
    server.failWith(undefined)
    const { length } = server.objects()
    expect(length).toBeGreaterThanOrEqual(6)
    expect(await migrateStore({ directory, target })).toMatchObject({
      isProven: true,
      audio: { clips: 22, copied: 22 - length, verified: 22 },
    })
  })

  it('leaves no record in the target where one cannot be copied, and copies all once it can', async () => {
    const { directory } = await makeSource()
    const { target } = await makeTarget()
    const source = createDatabase(sqliteFile(path.join(directory, 'catalog.sqlite')))
    const sample = { takenAt: 2_000_000, heldClips: 3e12, heldBytes: 0, waitingClips: 0 }
    await source.run((db) => db.insertInto('samples').values(sample).execute())
    await source.close()
    await expect(migrateStore({ directory, target })).rejects.toThrow('out of range')
    for (const table of ['clips', 'attempts', 'counters'] as const) {
      expect(await rowsOf(target.databaseUrl, table)).toEqual([])
    }
    const mended = createDatabase(sqliteFile(path.join(directory, 'catalog.sqlite')))
    await mended.run((db) =>
      db.updateTable('samples').set({ heldClips: 3 }).where('heldClips', '>', 1e9).execute(),
    )
    await mended.close()
    expect(await migrateStore({ directory, target })).toMatchObject({ isProven: true })
  })

  it('says which file has changed or is missing, copies the others, and is not proven', async () => {
    const { directory, audioDirectory, waitingIds } = await makeSource()
    const { target, server } = await makeTarget()
    const [changed = '', missing = ''] = waitingIds
    await writeFile(path.join(audioDirectory, changed), 'other bytes')
    await rm(path.join(audioDirectory, missing))
    const result = await migrateStore({ directory, target })
    expect(result.isProven).toBe(false)
    expect(result.problems).toEqual([
      expect.stringMatching(`^${changed}: its file has changed`),
      expect.stringMatching(`^${missing}: it waits for IPFS, and its file is not in the source`),
    ])
    expect(result.audio).toMatchObject({ clips: 5, verified: 3 })
    expect(server.objects()).not.toContain(`audio/${changed}`)
    expect(result.tables?.every(({ differing }) => differing === 0)).toBe(true)
  })

  it('sends again a clip whose bytes in the bucket are others', async () => {
    const { directory, audioDirectory, waitingIds } = await makeSource()
    const { target, server } = await makeTarget()
    const [id = ''] = waitingIds
    const bytes = await readFile(path.join(audioDirectory, id))
    const bucket = createBucket({ ...(target.s3 as NonNullable<typeof target.s3>), clock: systemClock })
    onTestFinished(() => bucket.close())
    await bucket.upload(id, Readable.from([Buffer.alloc(bytes.length)]), bytes.length)
    expect(await migrateStore({ directory, target })).toMatchObject({ isProven: true, audio: { copied: 5 } })
    const kept = await fetch(`${server.url}/${server.bucket}/audio/${id}`)
    expect(Buffer.from(await kept.arrayBuffer()).equals(bytes)).toBe(true)
  })

  it('copies the file that a crash has left without a record, and counts the clips that had left before', async () => {
    const { directory, audioDirectory, stored } = await makeSource()
    const { target, server } = await makeTarget()
    const orphan = newClipId()
    await writeFile(path.join(audioDirectory, orphan), speechMp3(100, 'An orphan'))
    await rm(path.join(audioDirectory, stored[0] as string))
    const result = await migrateStore({ directory, target })
    expect(result).toMatchObject({ isProven: true, audio: { clips: 5, verified: 5, alreadyGone: 1 } })
    expect(server.objects()).toContain(`audio/${orphan}`)
  })

  it('copies an empty source', async () => {
    const directory = await temporaryDirectory()
    const catalog = createCatalog(sqliteFile(path.join(directory, 'catalog.sqlite')))
    await catalog.clips.find(newClipId())
    await catalog.close()
    const { target } = await makeTarget()
    expect(await migrateStore({ directory, target })).toMatchObject({ isProven: true, audio: { clips: 0 } })
  })

  it('copies the catalog alone where the target has no bucket', async () => {
    const { directory } = await makeSource()
    const { target } = await makeTarget({ s3: false })
    const result = await migrateStore({ directory, target })
    expect(result).toMatchObject({ isProven: true, audio: undefined })
    expect(result.warnings.join()).toContain('The audio stays in')
  })

  it('refuses to begin while a service has the catalog open, and does not disturb it', async () => {
    const { directory } = await makeSource()
    const { target, server } = await makeTarget()
    const running = createCatalog(sqliteFile(path.join(directory, 'catalog.sqlite')))
    await running.clips.find(newClipId())
    await expect(migrateStore({ directory, target })).rejects.toThrow('is in use: stop the service')
    expect(server.objects()).toEqual([])
    await running.check()
    await running.close()
    expect(await migrateStore({ directory, target })).toMatchObject({ isProven: true })
  })

  it('keeps a service from starting on the source meanwhile', async () => {
    const { directory } = await makeSource()
    const { target } = await makeTarget()
    let refusal: unknown
    const onProgress = () => {
      refusal ??= createCatalog(sqliteFile(path.join(directory, 'catalog.sqlite')))
        .check()
        .then(() => undefined)
        .catch((error) => error)
    }
    await migrateStore({ directory, target, onProgress })
    expect(refusal).toBeDefined()
  })

  it('refuses a directory without a catalog, and makes none there', async () => {
    const directory = await temporaryDirectory()
    const { target } = await makeTarget()
    await expect(migrateStore({ directory, target })).rejects.toThrow('There is no catalog in')
    expect(await readdir(directory)).toEqual([])
  })

  it('refuses a database that holds something else, or has gone on, and changes nothing there', async () => {
    const { directory, stored } = await makeSource()
    const { target } = await makeTarget()
    await migrateStore({ directory, target })
    const catalog = createCatalog(postgresServer(target.databaseUrl as string))
    onTestFinished(() => catalog.close())
    const [id = ''] = stored
    await catalog.clips.markBytesDeleted(id)
    const before = await rowsOf(target.databaseUrl, 'clips')
    await expect(migrateStore({ directory, target })).rejects.toThrow('1 of clips')
    const other = await makeSource()
    await expect(migrateStore({ directory: other.directory, target })).rejects.toThrow(
      'take an empty database',
    )
    expect(await rowsOf(target.databaseUrl, 'clips')).toEqual(before)
  })

  it('refuses a bucket that holds clips of another source', async () => {
    const { directory } = await makeSource()
    const { target } = await makeTarget()
    const bucket = createBucket({ ...(target.s3 as NonNullable<typeof target.s3>), clock: systemClock })
    onTestFinished(() => bucket.close())
    await bucket.upload(newClipId(), Readable.from([Buffer.from('x')]), 1)
    await expect(migrateStore({ directory, target })).rejects.toThrow('1 clips that are not of this source')
    expect(await rowsOf(target.databaseUrl, 'clips')).toEqual([])
  })

  it('warns of clips that only the provider embedded holds', async () => {
    const { directory, stored } = await makeSource()
    const source = createDatabase(sqliteFile(path.join(directory, 'catalog.sqlite')))
    await source.run((db) =>
      db
        .updateTable('pins')
        .set({ provider: 'embedded' })
        .where('clipId', '=', stored[0] as string)
        .execute(),
    )
    await source.close()
    const { target } = await makeTarget()
    const { warnings } = await migrateStore({ directory, target })
    expect(warnings.join()).toContain('1 clips are held by the provider "embedded" alone')
  })

  it('writes down the secret by which texts are recognised as before', async () => {
    const { directory } = await makeSource()
    const { target } = await makeTarget()
    const file = path.join(directory, 'request-key')
    const derivation = { salt: 'voicepin', info: 'request hashes' }
    const before = await createKeyedHash({ file, secret: undefined, derivation }).hash('a text')
    await migrateStore({ directory, target })
    const written = await readFile(path.join(directory, 'reuse-secret.env'), 'utf8')
    const secret = written.trim().replace('REUSE_SECRET=', '')
    expect(await createKeyedHash({ file: 'nowhere', secret, derivation }).hash('a text')).toBe(before)
    expect(readConfig({ REUSE_SECRET: secret }).reuse.secret).toBe(secret)
  })
})

describe('moving a single machine to S3 alone', () => {
  it('copies the audio, and leaves the catalog where it is', async () => {
    const { directory, all } = await makeSource()
    const { target, server } = await makeTarget({ postgres: false })
    const result = await migrateStore({ directory, target })
    expect(result).toMatchObject({ isProven: true, tables: undefined, audio: { copied: 5, verified: 5 } })
    expect(server.objects()).toEqual(all.map((id) => `audio/${id}`))
    expect(result.warnings.join()).toContain('go on with this TEMP_AUDIO_DIR')
  })
})

describe.skipIf(!inject('postgresUrl'))('the command migrate-store', () => {
  async function run(args: string[], environment: Record<string, string> = {}) {
    const child = spawn(process.execPath, ['bin/migrate-store.ts', ...args], {
      cwd: root,
      env: { ...compileCache(), PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
    })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    const ended = once(child, 'close').then(([code]) => ({ code, output }))
    return { child, ended }
  }

  async function profile(environment: Record<string, string>) {
    const file = path.join(await temporaryDirectory(), '.env.shared')
    const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`)
    await writeFile(file, lines.join(''))
    return file
  }

  it('goes on after it was killed, prints the proof, and shows no secret', async () => {
    const { directory } = await makeSource({ waiting: 60 })
    const { environment, server } = await makeTarget()
    const args = ['--to', await profile(environment), '--from', directory]
    const first = await run(args)
    await until('the first clips in the bucket', () => server.objects().length >= 5, { everyMs: 1 })
    first.child.kill('SIGKILL')
    await first.ended
    expect(server.objects().length).toBeLessThan(62)
    const { code, output } = await (await run(args)).ended
    expect(output).toContain('Proven: all that was to be copied is in its new place')
    expect(output).toMatch(/clips +62 +62 +the same/)
    expect(output).toContain('62 read back and the same by their CID')
    expect(code).toBe(0)
    const { password } = new URL(environment.DATABASE_URL as string)
    for (const secret of [password, environment.S3_SECRET_ACCESS_KEY as string])
      expect(output).not.toContain(secret)
  }, 30_000)

  it('takes a URL, and the bucket from the environment', async () => {
    const { directory, audioDirectory, waitingIds } = await makeSource()
    const { environment } = await makeTarget()
    const { DATABASE_URL = '', ...others } = environment
    await writeFile(path.join(audioDirectory, waitingIds[0] as string), 'other bytes')
    const { code, output } = await (
      await run(['--to', DATABASE_URL], { ...others, TEMP_AUDIO_DIR: directory })
    ).ended
    expect(output).toContain('WRONG: ')
    expect(output).toContain('Not proven: 1 things are wrong')
    expect(code).toBe(1)
  }, 30_000)

  it.each([
    ['without a target', [], '--to has to lead to'],
    ['with a file that is not there', ['--to', 'no-such.env'], '--to: there is no file no-such.env here'],
    ['with an option that it does not know', ['--delete'], "'--delete'"],
  ])('is refused %s', async (_, args, why) => {
    const { code, output } = await (await run(args)).ended
    expect(code).toBe(2)
    expect(output).toContain(why)
    expect(output).not.toContain('    at ')
  })

  it('refuses a wrong profile in one line that names the variable', async () => {
    const directory = await temporaryDirectory()
    await mkdir(directory, { recursive: true })
    const file = await profile({ DATABASE_URL: 'mysql://localhost' })
    const { code, output } = await (await run(['--to', file, '--from', directory])).ended
    expect(output).toContain('DATABASE_URL')
    expect(code).toBe(2)
  })
})
