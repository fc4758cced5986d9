import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newClipId } from '#lib/model/clip.ts'
import { redirectingServer } from '../../support/servers/redirecting.ts'
import { LocalServer } from '../../support/stub-vendors/local-server.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { bytes, MEBIBYTE, MINUTE_MS, openStore } from './s3-subject.ts'
import { audioBytes, failedPut, inChunks, listAll, readAll } from './store-subject.ts'

describe('large clips in an S3 bucket', () => {
  async function* zeros(mebibytes: number) {
    const chunk = Buffer.alloc(MEBIBYTE)
    for (let count = 0; count < mebibytes; count += 1) yield chunk
  }

  /** A server that keeps nothing and counts bytes; it knows as much of S3 as a multipart upload needs. */
  async function counting() {
    const seen = { receivedBytes: 0, parts: 0, sentBytes: 0 }
    const server = new LocalServer(async (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://s3')
      if (request.method === 'GET') {
        response.writeHead(200, { 'content-length': 120 * MEBIBYTE })
        for (; seen.sentBytes < 120 * MEBIBYTE && !response.destroyed; seen.sentBytes += MEBIBYTE) {
          if (!response.write(Buffer.alloc(MEBIBYTE))) await once(response, 'drain').catch(() => {})
        }
        response.end()
        return
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
    const { bucket } = await openStore({ bucket: { endpoint: server.url } })
    return { seen, bucket }
  }

  it('are uploaded in parts, a few of which are in memory at a time', async () => {
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

  it('are downloaded no faster than they are read', async () => {
    const { seen, bucket } = await counting()
    const body = (await bucket.open(newClipId())) as Readable
    const first = await body[Symbol.asyncIterator]().next()
    expect(first.value.length).toBeGreaterThan(0)
    let sentBefore = -1
    const isWaiting = () => {
      const isSame = seen.sentBytes === sentBefore
      sentBefore = seen.sentBytes
      return isSame
    }
    await until('that the sender waits', isWaiting, { everyMs: 100 })
    expect(seen.sentBytes).toBeLessThan(40 * MEBIBYTE)
    body.destroy()
  })

  it('are read whole after they were uploaded in parts', async () => {
    const { store, server } = await openStore()
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
    const { store: elsewhere } = await openStore({
      machine: { server, directory: await temporaryDirectory() },
    })
    const back = (await readAll(elsewhere, id)) as Buffer
    expect(createHash('sha256').update(back).digest('hex')).toBe(digest.digest('hex'))
  }, 30_000)

  it('leave no parts behind when the bucket fails half way', async () => {
    const { store, server } = await openStore()
    const id = newClipId()
    const put = store.put(id, zeros(12))
    await until('the first part', () => server.requests.some(({ url }) => url.includes('partNumber=1')))
    server.failWith(503)
    const failed = await failedPut(put)
    expect(failed.rescued?.size).toBe(12 * MEBIBYTE)
    expect(server.unfinishedUploads()).toEqual([`audio/${id}`])
    server.failWith(undefined)
    await listAll(store, { removeUnfinishedBefore: Date.now() - MINUTE_MS })
    expect(server.unfinishedUploads()).toEqual([`audio/${id}`])
    await listAll(store, { removeUnfinishedBefore: Date.now() + MINUTE_MS })
    expect(server.unfinishedUploads()).toEqual([])
  }, 30_000)
})

describe('a presigned URL', () => {
  const answer = {
    expiresInSeconds: 60,
    contentType: 'audio/mpeg',
    contentDisposition: 'inline; filename="a.mp3"',
  }

  it('gives the bytes to anybody, and says what they are', async () => {
    const { store, bucket } = await openStore()
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

  it('shows no secret', async () => {
    const { bucket, server } = await openStore()
    const url = await bucket.sign(newClipId(), answer)
    expect(url).not.toContain(server.environment().S3_SECRET_ACCESS_KEY)
  })
})

it.each([302, 307] as const)(
  'a bucket whose host answers %i does not have credentials or audio sent elsewhere',
  async (status) => {
    const { url, asked, received } = await redirectingServer(status)
    const { bucket } = await openStore({ bucket: { endpoint: url } })
    await expect(bucket.upload(newClipId(), Readable.from([bytes]), bytes.length)).rejects.toThrow()
    await expect(bucket.open(newClipId())).rejects.toThrow()
    expect(asked.map((line) => line.split(' ')[0])).toEqual(expect.arrayContaining(['PUT', 'GET']))
    expect(received).toEqual([])
  },
)
