import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newClipId } from '#lib/model/clip.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { newProcessName } from '#lib/platform/process-identity.ts'
import type { Bucket } from '#lib/temp-audio/bucket.ts'
import { createS3Store } from '#lib/temp-audio/s3.ts'
import { LocalServer } from '../../support/stub-vendors/local-server.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { bytes, bytesOf, filesIn, handClock, openStore, quickClock } from './s3-subject.ts'
import { describeStore } from './store-conformance.ts'
import { failedPut, hostileIds, inChunks, listAll, readAll } from './store-subject.ts'

describeStore({ title: 'An S3 bucket', open: async () => (await openStore()).store })

describe('an S3 bucket as a store', () => {
  it('has a clip in the bucket before put resolves, and keeps the file as a copy', async () => {
    const { store, server, directory, copies } = await openStore()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    expect(server.objects()).toEqual([`audio/${id}`])
    expect(await readdir(copies)).toEqual([id])
    server.requests.length = 0
    expect((await bytesOf(await store.blob(id)))?.equals(bytes)).toBe(true)
    expect(server.requests).toEqual([])
    expect(await filesIn(directory)).toEqual([id])
  })

  it.each(hostileIds.map((id) => [JSON.stringify(id), id]))(
    'asks the bucket nothing about the id %s',
    async (_, id) => {
      const { store, server } = await openStore()
      await store.put(id, inChunks(bytes)).catch(() => {})
      await store.read(id)
      await store.blob(id)
      await store.delete(id)
      expect(server.requests).toEqual([])
    },
  )

  it.each([500, 503, 403])('rescues every byte when the bucket answers %i', async (status) => {
    const { store, server, directory, problems } = await openStore()
    const id = newClipId()
    server.failWith(status)
    const failed = await failedPut(store.put(id, inChunks(bytes)))
    // Callers get the message, operators the problem.
    expect(failed.error.message).not.toContain('127.0.0.1')
    expect(problems).toMatchObject([{ message: expect.stringContaining(String(status)) }])
    expect((await bytesOf(failed.rescued))?.equals(bytes)).toBe(true)
    await failed.discard()
    expect(await filesIn(directory)).toEqual([])
    server.failWith(undefined)
    expect(await store.read(id)).toBeNull()
    await store.put(id, inChunks(bytes))
    expect((await readAll(store, id))?.equals(bytes)).toBe(true)
  })

  it('rescues every byte within seconds when the bucket does not answer', async () => {
    const silent = new LocalServer(() => {})
    await silent.open()
    onTestFinished(() => silent.close())
    const { clock, waitsMs } = quickClock()
    const { store } = await openStore({ bucket: { endpoint: silent.url, clock } })
    const failed = await failedPut(store.put(newClipId(), inChunks(bytes)))
    expect(waitsMs).toEqual([expect.any(Number)])
    expect(waitsMs[0]).toBeLessThan(8000)
    expect((await bytesOf(failed.rescued))?.equals(bytes)).toBe(true)
  })

  it('does not take a bucket that fails for a clip that is missing', async () => {
    const { store, server } = await openStore()
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

  it('does not take a bucket that is missing for a clip that is missing', async () => {
    const { store } = await openStore({ bucket: { bucket: 'no-such-bucket' } })
    await expect(store.read(newClipId())).rejects.toThrow('create it, or set S3_BUCKET')
    await expect(store.blob(newClipId())).rejects.toThrow('no-such-bucket')
  })

  it('passes a range through to the bucket', async () => {
    const { store, server } = await openStore()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    const { store: elsewhere, directory } = await openStore({
      machine: { server, directory: await temporaryDirectory() },
    })
    server.requests.length = 0
    expect(await readAll(elsewhere, id, { start: 1000, end: 1999 })).toEqual(bytes.subarray(1000, 2000))
    expect(server.requests).toMatchObject([{ method: 'GET', range: 'bytes=1000-1999' }])
    expect(await filesIn(directory)).toEqual([])
  })

  it('downloads a clip once for all who ask for its blob at once', async () => {
    const { store, server } = await openStore()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    const { store: elsewhere } = await openStore({
      machine: { server, directory: await temporaryDirectory() },
    })
    server.requests.length = 0
    const blobs = await Promise.all(Array.from({ length: 10 }, () => elsewhere.blob(id)))
    for (const blob of blobs) expect((await bytesOf(blob))?.equals(bytes)).toBe(true)
    expect(server.requests).toHaveLength(1)
    expect((await bytesOf(await elsewhere.blob(id)))?.equals(bytes)).toBe(true)
    expect(server.requests).toHaveLength(1)
  })

  it('finishes one put of a clip before it begins the next, so that bucket and copy agree', async () => {
    const { bucket, server, directory } = await openStore()
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
    const options = { directory, owner: newProcessName(), clock: systemClock, onProblem: () => {} }
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

  it('keeps nothing of a download that breaks off', async () => {
    const { store, server } = await openStore()
    const id = newClipId()
    await store.put(id, inChunks(bytes))
    const cutting = new LocalServer((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 100_000), () => response.destroy())
    })
    await cutting.open()
    onTestFinished(() => cutting.close())
    const directory = await temporaryDirectory()
    const { store: elsewhere } = await openStore({
      machine: { server, directory },
      bucket: { endpoint: cutting.url },
    })
    await expect(elsewhere.blob(id)).rejects.toThrow()
    expect(await filesIn(directory)).toEqual([])
  })

  it('gives up a download that stalls, so that no reader waits for ever', async () => {
    const stalling = new LocalServer((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 100_000))
    })
    await stalling.open()
    onTestFinished(() => stalling.close())
    const { clock, waitsMs } = quickClock()
    const { store, directory } = await openStore({ clock, bucket: { endpoint: stalling.url } })
    await expect(store.blob(newClipId())).rejects.toThrow('stalled')
    expect(waitsMs.at(-1)).toBeLessThanOrEqual(5000)
    expect(await filesIn(directory)).toEqual([])
  })

  it('lists more clips than fit on one page of the bucket', async () => {
    const { store, server } = await openStore()
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

  it('ignores foreign objects in the bucket', async () => {
    const { store, server } = await openStore()
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

describe('the check of an S3 bucket', () => {
  it('leaves nothing behind, and asks the bucket once in a few seconds', async () => {
    const { clock, advance } = handClock()
    const { store, server, directory } = await openStore({ clock })
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

  it('fails where the spool cannot be written, although the bucket works', async () => {
    const { store, directory } = await openStore()
    await writeFile(path.join(directory, 'spool'), '')
    await expect(store.check()).rejects.toThrow('ENOTDIR')
  })

  it('asks again at once after it has failed', async () => {
    const { store, server } = await openStore()
    server.failWith(503)
    await expect(store.check()).rejects.toThrow('answered 503 SlowDown')
    server.failWith(undefined)
    await store.check()
  })

  it.each([
    ['a bucket that does not exist', { bucket: 'nowhere' }, undefined, 'set S3_BUCKET to one that exists'],
    ['credentials that are refused', {}, 403, 'see S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY'],
    ['a store that is not there', { endpoint: 'http://127.0.0.1:1' }, undefined, 'S3_ENDPOINT'],
  ])('says of %s what to do, and shows no secret', async (_, bucket, status, advice) => {
    const { store, server } = await openStore({ bucket })
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
