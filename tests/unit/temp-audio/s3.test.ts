import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, rename, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { newClipId } from '../../../lib/clip.ts'
import { systemClock } from '../../../lib/clock.ts'
import { newLeaseOwner } from '../../../lib/lease-owner.ts'
import { type Bucket, type BucketOptions, createBucket } from '../../../lib/temp-audio/bucket.ts'
import { createS3Store, type S3StoreOptions } from '../../../lib/temp-audio/s3.ts'
import { TempAudioError } from '../../../lib/temp-audio/store.ts'
import { type S3Server, startS3 } from '../../support/servers/s3.ts'
import { LocalServer } from '../../support/stub-vendors/local-server.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { describeStore } from './store-conformance.ts'
import { audioBytes, hostileIds, inChunks, listAll, readAll } from './store-subject.ts'

const MINUTE_MS = 60_000
const MEBIBYTE = 1024 ** 2
const bytes = audioBytes(200_000)

describeStore({ title: 'A bucket of S3', open: async () => (await open()).store })

function bucketOptions(server: S3Server, overrides: Partial<BucketOptions> = {}): BucketOptions {
  const { S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = server.environment()
  return {
    bucket: server.bucket,
    endpoint: server.url,
    region: 'us-east-1',
    accessKeyId: S3_ACCESS_KEY_ID,
    secretAccessKey: S3_SECRET_ACCESS_KEY,
    clock: systemClock,
    ...overrides,
  }
}

/** A store of a process of its own; `machine`: what others on the same machine share. */
async function open({
  machine,
  bucket: bucketOverrides = {},
  ...overrides
}: Partial<Omit<S3StoreOptions, 'bucket'>> & {
  machine?: { server: S3Server; directory: string }
  bucket?: Partial<BucketOptions>
} = {}) {
  const server = machine?.server ?? (await startServer())
  const directory = machine?.directory ?? (await temporaryDirectory())
  const bucket = createBucket(bucketOptions(server, bucketOverrides))
  onTestFinished(() => bucket.close())
  const problems: unknown[] = []
  const store = createS3Store({
    bucket,
    directory,
    owner: newLeaseOwner(),
    clock: systemClock,
    onProblem: (error) => problems.push(error),
    ...overrides,
  })
  return { store, bucket, server, directory, problems, copies: path.join(directory, 'copies') }
}

async function startServer() {
  const server = await startS3()
  onTestFinished(() => server.stop())
  return server
}

/** A clock that stands still until it is moved. */
function handClock() {
  let now = Date.now()
  return {
    clock: { ...systemClock, now: () => now },
    advance(ms: number) {
      now += ms
    },
  }
}

async function rescueOf(put: Promise<unknown>): Promise<TempAudioError> {
  const error = await put.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(TempAudioError)
  return error as TempAudioError
}

async function bytesOf(blob: Blob | null | undefined) {
  return blob && Buffer.from(await blob.arrayBuffer())
}

/** All files under the directory, by name. */
async function filesIn(directory: string) {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

describe('a bucket of S3 as a store', () => {
  test('holds a clip in the bucket before it says so, and keeps the file as a copy', async () => {
    const { store, server, directory, copies } = await open()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    expect(server.objects()).toEqual([`audio/${id}`])
    expect(await readdir(copies)).toEqual([id])
    server.requests.length = 0
    expect((await bytesOf(await store.blob(id)))?.equals(bytes)).toBe(true)
    expect(server.requests).toEqual([])
    expect(await filesIn(directory)).toEqual([id])
  })

  test.each(hostileIds.map((id) => [JSON.stringify(id), id]))(
    'asks the bucket nothing about the id %s',
    async (_, id) => {
      const { store, server } = await open()
      await store.put(id, inChunks(bytes)).catch(() => {})
      await store.read(id)
      await store.blob(id)
      await store.delete(id)
      expect(server.requests).toEqual([])
    },
  )

  test.each([500, 503, 403])('rescues every byte when the bucket answers %i', async (status) => {
    const { store, server, directory, problems } = await open()
    const id = newClipId()
    server.failWith(status)
    const error = await rescueOf(store.put(id, inChunks(bytes)))
    // Callers hear the one, operators the other.
    expect(error.message).not.toContain('127.0.0.1')
    expect(problems).toMatchObject([{ message: expect.stringContaining(String(status)) }])
    expect((await bytesOf(error.rescued))?.equals(bytes)).toBe(true)
    await error.discard()
    expect(await filesIn(directory)).toEqual([])
    server.failWith(undefined)
    expect(await store.read(id)).toBeNull()
    await store.put(id, inChunks(bytes))
    expect((await readAll(store, id))?.equals(bytes)).toBe(true)
  })

  test('rescues every byte within seconds when the bucket does not answer', async () => {
    const silent = new LocalServer(() => {})
    await silent.open()
    onTestFinished(() => silent.close())
    const { store } = await open({ bucket: { endpoint: silent.url } })
    const before = performance.now()
    const error = await rescueOf(store.put(newClipId(), inChunks(bytes)))
    expect(performance.now() - before).toBeLessThan(8000)
    expect((await bytesOf(error.rescued))?.equals(bytes)).toBe(true)
  }, 15_000)

  test('does not take a bucket that fails for a clip that is missing', async () => {
    const { store, server } = await open()
    server.failWith(503)
    const calls = [
      store.read(newClipId()),
      store.blob(newClipId()),
      store.delete(newClipId()),
      listAll(store),
    ]
    for (const call of await Promise.allSettled<unknown>(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('503') } })
    }
  })

  test('does not take a bucket that is missing for a clip that is missing', async () => {
    const { store } = await open({ bucket: { bucket: 'no-such-bucket' } })
    await expect(store.read(newClipId())).rejects.toThrow('create it, or set S3_BUCKET')
    await expect(store.blob(newClipId())).rejects.toThrow('no-such-bucket')
  })

  test('passes a range through to the bucket', async () => {
    const { store, server } = await open()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    const { store: elsewhere, directory } = await open({
      machine: { server, directory: await temporaryDirectory() },
    })
    server.requests.length = 0
    expect(await readAll(elsewhere, id, { start: 1000, end: 1999 })).toEqual(bytes.subarray(1000, 2000))
    expect(server.requests).toMatchObject([{ method: 'GET', range: 'bytes=1000-1999' }])
    expect(await filesIn(directory)).toEqual([])
  })

  test('downloads a clip once for all who ask for its blob at once', async () => {
    const { store, server } = await open()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    const { store: elsewhere } = await open({ machine: { server, directory: await temporaryDirectory() } })
    server.requests.length = 0
    const blobs = await Promise.all(Array.from({ length: 10 }, () => elsewhere.blob(id)))
    for (const blob of blobs) expect((await bytesOf(blob))?.equals(bytes)).toBe(true)
    expect(server.requests).toHaveLength(1)
    expect((await bytesOf(await elsewhere.blob(id)))?.equals(bytes)).toBe(true)
    expect(server.requests).toHaveLength(1)
  })

  test('takes a clip only after the one that came before under its id, so that bucket and copy agree', async () => {
    const { bucket, server, directory } = await open()
    const { promise: mayUpload, resolve: letUpload } = Promise.withResolvers<void>()
    const { promise: uploading, resolve: begin } = Promise.withResolvers<void>()
    const waiting: Bucket = {
      ...bucket,
      async upload(...input) {
        begin()
        await mayUpload
        await bucket.upload(...input)
      },
    }
    const options = { directory, owner: newLeaseOwner(), clock: systemClock, onProblem: () => {} }
    const store = createS3Store({ ...options, bucket: waiting })
    const id = newClipId()
    const first = store.put(id, inChunks(bytes))
    await uploading
    let isAsked = false
    async function* later() {
      isAsked = true
      yield bytes.subarray(0, 100)
    }
    const second = store.put(id, later())
    for (let turns = 0; turns < 20; turns += 1) await setImmediate()
    expect(isAsked).toBe(false)
    letUpload()
    await Promise.all([first, second])
    const kept = await fetch(`${server.url}/${server.bucket}/audio/${id}`)
    expect((await kept.arrayBuffer()).byteLength).toBe(100)
    expect((await store.blob(id))?.size).toBe(100)
  })

  test('keeps nothing of a download that breaks off', async () => {
    const { store, server } = await open()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    const cutting = new LocalServer((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 100_000), () => response.destroy())
    })
    await cutting.open()
    onTestFinished(() => cutting.close())
    const directory = await temporaryDirectory()
    const { store: elsewhere } = await open({
      machine: { server, directory },
      bucket: { endpoint: cutting.url },
    })
    await expect(elsewhere.blob(id)).rejects.toThrow()
    expect(await filesIn(directory)).toEqual([])
  })

  test('gives up a download that comes to a halt, so that nobody waits for it for ever', async () => {
    const halting = new LocalServer((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 100_000))
    })
    await halting.open()
    onTestFinished(() => halting.close())
    const { store, directory } = await open({ bucket: { endpoint: halting.url } })
    await expect(store.blob(newClipId())).rejects.toThrow('came to a halt')
    expect(await filesIn(directory)).toEqual([])
  }, 15_000)

  test('lists more clips than fit on one page of the bucket', async () => {
    const { store, server } = await open()
    const ids = Array.from({ length: 1100 }, newClipId)
    for (const id of ids) {
      await fetch(`${server.url}/${server.bucket}/audio/${id}`, {
        method: 'PUT',
        body: 'x',
        headers: { 'content-type': 'application/octet-stream' },
      })
    }
    const listed = await listAll(store)
    expect(listed.map(({ id }) => id).sort()).toEqual(ids.toSorted())
  })

  test('takes no strange object of the bucket for a clip', async () => {
    const { store, server } = await open()
    for (const key of ['README', 'audio/README', 'audio/', `other/${newClipId()}`]) {
      await fetch(`${server.url}/${server.bucket}/${key}`, {
        method: 'PUT',
        body: 'x',
        headers: { 'content-type': 'text/plain' },
      })
    }
    expect(await listAll(store)).toEqual([])
  })
})

describe('the spool on the way to a bucket', () => {
  /** A store whose process died after the clip was durable on its machine, and before the bucket had it. */
  async function crashed() {
    const world = await open()
    const id = newClipId()
    world.server.failWith(503)
    await rescueOf(world.store.put(id, inChunks(bytes)))
    world.server.failWith(undefined)
    return { ...world, id, machine: { server: world.server, directory: world.directory } }
  }

  test('is brought to the bucket by the next process after a crash', async () => {
    const { id, machine, server } = await crashed()
    const { store, directory } = await open({ machine })
    expect(await store.pushLeftBehind()).toBe(1)
    expect(server.objects()).toEqual([`audio/${id}`])
    expect((await readAll(store, id))?.equals(bytes)).toBe(true)
    expect(await filesIn(directory)).toEqual([id])
    expect(await store.pushLeftBehind()).toBe(0)
    expect(await readdir(path.join(directory, 'spool'))).toEqual([])
  })

  test('is brought there by listing, too', async () => {
    const { id, machine } = await crashed()
    const { store } = await open({ machine })
    expect(await listAll(store)).toMatchObject([{ id, sizeBytes: bytes.length }])
  })

  test('gives its bytes while the bucket does not have them', async () => {
    const { id, machine } = await crashed()
    const { store } = await open({ machine })
    expect((await bytesOf(await store.blob(id)))?.equals(bytes)).toBe(true)
    expect(await readAll(store, id, { start: 5, end: 9 })).toEqual(bytes.subarray(5, 10))
  })

  test('is brought there once more by several processes at once, without harm', async () => {
    const { id, machine, server } = await crashed()
    const stores = await Promise.all([open({ machine }), open({ machine }), open({ machine })])
    await Promise.all(stores.map(({ store }) => store.pushLeftBehind()))
    expect(stores.flatMap(({ problems }) => problems)).toEqual([])
    expect(server.objects()).toEqual([`audio/${id}`])
    for (const { store } of stores) expect((await readAll(store, id))?.equals(bytes)).toBe(true)
  })

  test('keeps what the bucket refuses still, and says so', async () => {
    const { id, machine, server } = await crashed()
    const { store, problems } = await open({ machine })
    server.failWith(503)
    expect(await store.pushLeftBehind()).toBe(0)
    expect(problems).toHaveLength(1)
    server.failWith(undefined)
    expect(await store.pushLeftBehind()).toBe(1)
    expect(server.objects()).toEqual([`audio/${id}`])
  })

  test('is brought there by and by, even where nobody cleans up', async () => {
    const { id, machine, server } = await crashed()
    const { clock, advance } = handClock()
    const { store } = await open({ machine, clock })
    advance(2 * MINUTE_MS)
    await store.put(newClipId(), inChunks(bytes))
    await until('the other clip, too', () => server.objects().includes(`audio/${id}`))
  })

  test('is left alone while its process lives, and after ten minutes on a machine that is not known', async () => {
    const { directory, id, machine } = await crashed()
    const { clock, advance } = handClock()
    const { store } = await open({ machine, clock })
    const [folder = ''] = await readdir(path.join(directory, 'spool'))
    const strange = folder.replace(/^[^-]+/, '0123456789abcdef')
    await rename(path.join(directory, 'spool', folder), path.join(directory, 'spool', strange))
    expect(await store.pushLeftBehind()).toBe(0)
    advance(11 * MINUTE_MS)
    expect(await store.pushLeftBehind()).toBe(1)
    expect(await listAll(store)).toMatchObject([{ id }])
  })

  test('loses its broken writes once they are old', async () => {
    const { directory, machine } = await crashed()
    const [folder = ''] = await readdir(path.join(directory, 'spool'))
    const broken = path.join(directory, 'spool', folder, `${newClipId()}.0123456789ab.partial`)
    const download = path.join(directory, 'copies', `${newClipId()}.0123456789ab.partial`)
    const { store } = await open({ machine })
    await store.put(newClipId(), inChunks(bytes))
    for (const file of [broken, download]) {
      await writeFile(file, 'x')
      await utimes(file, 1000, 1000)
    }
    await listAll(store, { removeUnfinishedBefore: 2_000_000 })
    expect((await filesIn(directory)).filter((name) => name.endsWith('.partial'))).toEqual([])
  })
})

describe('large clips in a bucket of S3', () => {
  async function* zeros(mebibytes: number) {
    const chunk = Buffer.alloc(MEBIBYTE)
    for (let count = 0; count < mebibytes; count += 1) yield chunk
  }

  /** A store that keeps nothing and counts; it speaks as much of the protocol as an upload in parts needs. */
  async function counting() {
    const seen = { receivedBytes: 0, parts: 0, sentBytes: 0 }
    const server = new LocalServer(async (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://s3')
      if (request.method === 'GET') {
        response.writeHead(200, { 'content-length': 120 * MEBIBYTE })
        for (; seen.sentBytes < 120 * MEBIBYTE && !response.destroyed; seen.sentBytes += MEBIBYTE) {
          if (!response.write(Buffer.alloc(MEBIBYTE))) await once(response, 'drain').catch(() => {})
        }
        return response.end()
      }
      for await (const chunk of request) if (request.method === 'PUT') seen.receivedBytes += chunk.length
      if (request.method === 'PUT') seen.parts += 1
      const answer = searchParams.has('uploads')
        ? '<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>'
        : '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>'
      response.writeHead(200, { etag: '"part"', 'content-type': 'application/xml' })
      response.end(request.method === 'PUT' ? '' : answer)
    })
    await server.open()
    onTestFinished(() => server.close())
    const { bucket } = await open({ bucket: { endpoint: server.url } })
    return { seen, bucket }
  }

  test('go up in parts, a few of which are in memory at a time', async () => {
    const { seen, bucket } = await counting()
    let mostBytes = 0
    let givenBytes = 0
    async function* counted() {
      for await (const chunk of zeros(120)) {
        givenBytes += chunk.length
        mostBytes = Math.max(mostBytes, givenBytes - seen.receivedBytes)
        yield chunk
      }
    }
    await bucket.upload(newClipId(), Readable.from(counted()), 120 * MEBIBYTE)
    expect(seen).toMatchObject({ parts: 24, receivedBytes: 120 * MEBIBYTE })
    expect(mostBytes).toBeLessThanOrEqual(20 * MEBIBYTE)
  }, 30_000)

  test('come down no faster than they are read', async () => {
    const { seen, bucket } = await counting()
    const body = (await bucket.open(newClipId())) as Readable
    const first = await body[Symbol.asyncIterator]().next()
    expect(first.value.length).toBeGreaterThan(0)
    await until('that the sender waits', async () => {
      const before = seen.sentBytes
      await new Promise((resolve) => setTimeout(resolve, 100))
      return seen.sentBytes === before
    })
    expect(seen.sentBytes).toBeLessThan(40 * MEBIBYTE)
    body.destroy()
  })

  test('come back whole after they went up in parts', async () => {
    const { store, server } = await open()
    const id = newClipId()
    const digest = createHash('sha256')
    async function* hashed() {
      for await (const chunk of inChunks(audioBytes(12 * MEBIBYTE + 7), MEBIBYTE)) {
        digest.update(chunk)
        yield chunk
      }
    }
    await store.put(id, hashed())
    expect(server.requests.filter(({ url }) => url.includes('partNumber=')).length).toBe(3)
    const { store: elsewhere } = await open({ machine: { server, directory: await temporaryDirectory() } })
    const back = (await readAll(elsewhere, id)) as Buffer
    expect(createHash('sha256').update(back).digest('hex')).toBe(digest.digest('hex'))
  }, 30_000)

  test('leave no parts behind when the bucket fails half way', async () => {
    const { store, server } = await open()
    const id = newClipId()
    const put = store.put(id, zeros(12))
    await until('the first part', () => server.requests.some(({ url }) => url.includes('partNumber=1')))
    server.failWith(503)
    const error = await rescueOf(put)
    expect(error.rescued?.size).toBe(12 * MEBIBYTE)
    expect(server.unfinishedUploads()).toEqual([`audio/${id}`])
    server.failWith(undefined)
    await listAll(store, { removeUnfinishedBefore: Date.now() - MINUTE_MS })
    expect(server.unfinishedUploads()).toEqual([`audio/${id}`])
    await listAll(store, { removeUnfinishedBefore: Date.now() + MINUTE_MS })
    expect(server.unfinishedUploads()).toEqual([])
  }, 30_000)
})

describe('local copies of what a bucket holds', () => {
  async function openWithCopies(count: number, copiesMaxBytes?: number) {
    const { clock, advance } = handClock()
    const world = await open({ clock, ...(copiesMaxBytes !== undefined && { copiesMaxBytes }) })
    const ids: string[] = []
    for (let index = 0; index < count; index += 1) {
      const id = newClipId()
      await world.store.put(id, inChunks(audioBytes(1000, index)))
      ids.push(id)
      advance(1000)
    }
    return { ...world, ids: ids as [string, ...string[]], advance }
  }
  const sweep = { removeUnfinishedBefore: 0 }

  test('go once nobody has used them for a quarter of an hour', async () => {
    const { store, copies, ids, advance } = await openWithCopies(3)
    advance(10 * MINUTE_MS)
    await store.blob(ids[0])
    advance(10 * MINUTE_MS)
    await listAll(store, sweep)
    expect(await readdir(copies)).toEqual([ids[0]])
    for (const [index, id] of ids.entries()) {
      expect(await bytesOf(await store.blob(id))).toEqual(audioBytes(1000, index))
    }
  })

  test('go when they are too many, least recently used first', async () => {
    const { store, copies, ids, advance } = await openWithCopies(5, 3000)
    advance(6 * MINUTE_MS)
    await store.read(ids[0]).then((stream) => stream?.cancel())
    advance(1000)
    await listAll(store, sweep)
    expect((await readdir(copies)).sort()).toEqual([ids[0], ids[3], ids[4]].sort())
  })

  test('stay while they were used in the last minutes, however many they are', async () => {
    const { store, copies, ids } = await openWithCopies(5, 0)
    await listAll(store, sweep)
    expect(await store.letGoOfCopies()).toBe(0)
    expect((await readdir(copies)).sort()).toEqual(ids.toSorted())
  })

  test('go by and by without a clean-up, too', async () => {
    const { store, copies, ids, advance } = await openWithCopies(3)
    advance(20 * MINUTE_MS)
    const latest = newClipId()
    await store.put(latest, inChunks(bytes))
    await until('the others to go', async () => (await readdir(copies)).length === 1)
    expect(await readdir(copies)).toEqual([latest])
    expect(ids).toHaveLength(3)
  })

  test('go at once when the disk needs room, and the clips stay', async () => {
    const { store, copies, ids, advance, server } = await openWithCopies(3)
    advance(6 * MINUTE_MS)
    expect(await store.letGoOfCopies()).toBe(3)
    expect(await readdir(copies)).toEqual([])
    expect(server.objects()).toEqual(ids.map((id) => `audio/${id}`).sort())
  })

  test('can be read to their end as blobs while others use them, too', async () => {
    const { store, ids } = await openWithCopies(1)
    const blob = await store.blob(ids[0])
    await store.blob(ids[0])
    await store.read(ids[0]).then((stream) => stream?.cancel())
    expect(await bytesOf(blob)).toEqual(audioBytes(1000, 0))
  })
})

describe('the check of a bucket', () => {
  test('leaves nothing behind, and asks the bucket once in a few seconds', async () => {
    const { clock, advance } = handClock()
    const { store, server, directory } = await open({ clock })
    await store.check()
    expect(server.objects()).toEqual([])
    expect(await filesIn(directory)).toEqual([])
    const { length } = server.requests
    await store.check()
    expect(server.requests).toHaveLength(length)
    advance(6000)
    await store.check()
    expect(server.requests.length).toBeGreaterThan(length)
  })

  test('fails where the spool cannot be written, however well the bucket is', async () => {
    const { store, directory } = await open()
    await writeFile(path.join(directory, 'spool'), '')
    await expect(store.check()).rejects.toThrow('ENOTDIR')
  })

  test('asks again at once after it has failed', async () => {
    const { store, server } = await open()
    server.failWith(503)
    await expect(store.check()).rejects.toThrow('answered 503 SlowDown')
    server.failWith(undefined)
    await store.check()
  })

  test.each([
    ['a bucket that does not exist', { bucket: 'nowhere' }, undefined, 'set S3_BUCKET to one that exists'],
    ['credentials that are refused', {}, 403, 'see S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY'],
    ['a store that is not there', { endpoint: 'http://127.0.0.1:1' }, undefined, 'S3_ENDPOINT'],
  ])('says of %s what to do, and shows no secret', async (_, bucket, status, advice) => {
    const { store, server } = await open({ bucket })
    server.failWith(status)
    const error = await store.check().then(
      () => undefined,
      (thrown) => thrown,
    )
    expect(error?.message).toContain(advice)
    const secret = server.environment().S3_SECRET_ACCESS_KEY as string
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(secret)
    const { S3_ACCESS_KEY_ID } = server.environment()
    expect(error.message).not.toContain(S3_ACCESS_KEY_ID)
  })
})

describe('a presigned URL', () => {
  const answer = {
    expiresInSeconds: 60,
    contentType: 'audio/mpeg',
    contentDisposition: 'inline; filename="a.mp3"',
  }

  test('gives the bytes to anybody, and says what they are', async () => {
    const { store, bucket } = await open()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    const url = await bucket.sign(id, answer)
    const { searchParams } = new URL(url)
    expect(searchParams.get('X-Amz-Expires')).toBe('60')
    expect(searchParams.get('response-content-type')).toBe('audio/mpeg')
    expect(searchParams.get('response-content-disposition')).toBe('inline; filename="a.mp3"')
    const response = await fetch(url, { headers: { range: 'bytes=0-9' } })
    expect(response.status).toBe(206)
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes.subarray(0, 10))
  })

  test('shows no secret', async () => {
    const { bucket, server } = await open()
    const url = await bucket.sign(newClipId(), answer)
    expect(url).not.toContain(server.environment().S3_SECRET_ACCESS_KEY)
  })
})
