import { openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ApiClient, createApiClient } from '#lib/ipfs/providers/api-client.ts'
import { afterBody, startScriptedServer } from './faulty-server.ts'
import { failureIn, now } from './provider-subject.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const MEBIBYTE = 1024 ** 2

function heldBytes(): number {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

/** The bytes in buffers that are still in use. Those that are not are freed by another thread, a little later. */
async function settledBytes(): Promise<number> {
  for (let last = heldBytes(); ; ) {
    await sleep(5)
    const held = heldBytes()
    if (held >= last) return held
    last = held
  }
}

const signal = new AbortController().signal
const answer = z.object({ cid: z.string() })

describe('a request to a provider', () => {
  let server: Awaited<ReturnType<typeof startScriptedServer>>
  let api: ApiClient
  const clientWith = (credentials: Record<string, string>) =>
    createApiClient({ baseUrl: server.url, credentials, now: () => now })
  const post = (body: Blob | FormData = new Blob(['clip']), client = api) =>
    client.json({ method: 'POST', path: '/', body, answer, signal })

  beforeAll(async () => {
    server = await startScriptedServer()
    api = clientWith({})
  })
  afterAll(() => server.close())

  it('fails when the answer is larger than a mebibyte, and closes the connection', async () => {
    let isClosed: Promise<void> | undefined
    server.handle(
      afterBody((_, response) => {
        isClosed = new Promise((resolve) => response.on('close', resolve))
        response.writeHead(200)
        const pour = () => {
          while (!response.destroyed && response.write(' '.repeat(65_536)));
        }
        response.on('drain', pour)
        pour()
      }),
    )
    const error = await failureIn(post())
    expect(error).toMatchObject({ isRetryable: true, mayHaveStored: true })
    expect(error.message).toContain('more than 1048576 bytes')
    await isClosed
  })

  it('fails with the reason when it is refused before all is sent', async () => {
    server.handle((_, response) => {
      response.writeHead(413, { connection: 'close' }).end('{"message":"too large"}')
    })
    const error = await failureIn(post(new Blob([new Uint8Array(8_000_000)])))
    expect(error).toMatchObject({ isRetryable: false, statusCode: 413 })
    expect(error.message).toBe('Answered 413 Payload Too Large: too large')
  })

  it('fails with the status once when the body only repeats it', async () => {
    server.handle(afterBody((_, response) => response.writeHead(503).end('Service Unavailable')))
    const error = await failureIn(post())
    expect(error.message).toBe('Answered 503 Service Unavailable')
  })

  it('fails with the status when the body of the refusal breaks off', async () => {
    server.handle(
      afterBody((request, response) => {
        response.writeHead(403, { 'content-length': '100' })
        response.write('no ent', () => setImmediate(() => request.socket.destroy()))
      }),
    )
    expect(await failureIn(post())).toMatchObject({ isRetryable: false, statusCode: 403 })
  })

  it('reads characters whose bytes arrive in pieces', async () => {
    const [first, second] = [Buffer.from('{"cid":"\xc3', 'latin1'), Buffer.from('\xa9"}', 'latin1')]
    server.handle(
      afterBody((_, response) => {
        response.write(first, () => setImmediate(() => response.end(second)))
      }),
    )
    await expect(post()).resolves.toEqual({ cid: 'é' })
  })

  it.each([['a\nb'], ['lock 🔒']])(
    'never shows a credential that no header can carry (%j)',
    async (secret) => {
      const error = await failureIn(post(undefined, clientWith({ authorization: `Bearer ${secret}` })))
      expect(error).toMatchObject({ isRetryable: false, mayHaveStored: false, cause: undefined })
      expect(error.message).not.toContain(secret)
    },
  )

  it('cannot have stored anything when it had no body', async () => {
    server.handle(afterBody((request) => request.socket.resetAndDestroy()))
    const error = await failureIn(api.json({ method: 'GET', path: '/', answer, signal }))
    expect(error).toMatchObject({ isRetryable: true, mayHaveStored: false })
  })

  it('follows no redirect', async () => {
    let calls = 0
    server.handle(
      afterBody((_, response) => {
        calls += 1
        response.writeHead(307, { location: `${server.url}/elsewhere` }).end()
      }),
    )
    const error = await failureIn(post())
    expect(error).toMatchObject({ isRetryable: false, mayHaveStored: false })
    expect(error.message).toContain('a redirect, which is not followed')
    expect(calls).toBe(1)
  })

  describe('with a clip on disk as its body', () => {
    let directory: string
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'http-'))
    })
    afterAll(() => rm(directory, { recursive: true }))

    it.each(['body', 'form'])('holds little of the clip in memory (%s)', async (kind) => {
      const path = join(directory, kind)
      // A blob is read in pieces of 64 KiB, each by another thread: on a busy machine a larger file takes seconds.
      await writeFile(path, new Uint8Array(16 * MEBIBYTE))
      const file = await openAsBlob(path)
      const form = new FormData()
      form.append('file', file, 'clip.mp3')
      const heldBefore = await settledBytes()
      let heldAtTheEnd = Number.POSITIVE_INFINITY
      server.handle(
        afterBody(async (_, response) => {
          heldAtTheEnd = await settledBytes()
          response.end('{"cid":"bafk"}')
        }),
      )
      await post(kind === 'form' ? form : file)
      expect(heldAtTheEnd - heldBefore).toBeLessThan(4 * MEBIBYTE)
    })

    it.each(['body', 'form'])('fails and says so when the clip was deleted (%s)', async (kind) => {
      server.handle(afterBody((_, response) => response.end('{"cid":"bafk"}')))
      const path = join(directory, kind)
      await writeFile(path, new Uint8Array(3_000_000))
      const file = await openAsBlob(path)
      const form = new FormData()
      form.append('file', file, 'clip.mp3')
      await rm(path)
      const error = await failureIn(post(kind === 'form' ? form : file))
      expect(error).toMatchObject({ isRetryable: false, mayHaveStored: false })
      expect(error.message).toBe('Not uploaded: the bytes of the clip can no longer be read')
    })
  })
})
