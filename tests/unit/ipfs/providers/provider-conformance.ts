import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { bytesOf, openCar, someContent } from '../content.ts'
import { describeFaults } from './provider-faults.ts'
import { describePromises } from './provider-promises.ts'
import { failureIn, gatewayUrl, noNote, now, receivedBytes, type Subject } from './provider-subject.ts'

const baseUrl = 'https://vendor.test/base'

/** Whether a request to unpin names the CID, and not an id that a lookup has told. */
const isByCid = (path: string) => /\/pin\/rm$|\/:cid$/.test(path)

/** What every provider must do, whatever its API looks like. */
export function describeProvider(subject: Subject) {
  describe(`${subject.title}, as an IPFS provider`, () => {
    describe('with a vendor that answers', () => describeAnswers(subject))
    describe('with a connection that fails', () => describeFaults(subject))
  })
}

function describeAnswers({ create, upload, holds, unpin, ...subject }: Subject) {
  const server = setupServer()
  const provider = create({ baseUrl, gatewayUrl, now: () => now, onNote: noNote })
  const signal = new AbortController().signal
  let content: IpfsContent
  let received: { headers: Headers; bytes: Uint8Array }[] = []
  let unpinned: { path: string; headers: Headers }[] = []

  beforeAll(async () => {
    content = await someContent(1_100_000)
    server.listen({ onUnhandledFrame: 'error' })
  })
  afterEach(() => {
    server.resetHandlers()
    received = []
    unpinned = []
  })
  afterAll(() => server.close())

  /** Lets the vendor answer every upload with `answer`. */
  const answerUploads = (answer: () => Response) =>
    server.use(
      ...[upload.path, upload.otherPath ?? upload.path].map((path) =>
        http.post(`${baseUrl}${path}`, async ({ request }) => {
          received.push({ headers: request.headers, bytes: await receivedBytes(request) })
          return answer()
        }),
      ),
    )
  const answerLookups = (answer: () => Response) =>
    server.use(http[holds.method](`${baseUrl}${holds.path}`, answer))
  /** What it finds when it looks for the pin that it is to remove, where that is not where `holds` looks. */
  const answerLists = (cid: string | undefined) => {
    const list = unpin?.list
    if (!list) return
    server.use(
      http.get(`${baseUrl}${list.path}`, () => new Response(cid === undefined ? list.no : list.yes(cid))),
    )
  }
  const answerUnpins = ({ status, body }: { status: number; body: string | null }, headers = {}) =>
    unpin &&
    server.use(
      http[unpin.method](`${baseUrl}${unpin.path}`, ({ request }) => {
        const { pathname, search } = new URL(request.url)
        unpinned.push({ path: pathname + search, headers: request.headers })
        return new HttpResponse(body, { status, headers })
      }),
    )
  const failureOf = async (answer: () => Response) => {
    answerUploads(answer)
    return failureIn(provider.upload(content, { signal }))
  }

  describePromises({
    name: subject.name,
    gatewayUrl,
    provider: () => provider,
    willTake: ({ cid }) => answerUploads(() => new Response(upload.answer(cid))),
    willHold: ({ cid }) => answerLookups(() => new Response(holds.yes(cid))),
    willNotHold: ({ cid }) =>
      answerLookups(() => {
        const { status, body } = holds.no(cid)
        return new Response(body, { status })
      }),
    willUnpin:
      unpin &&
      ((isHeld) => {
        answerLists(isHeld ? content.cid : undefined)
        answerUnpins(isHeld ? unpin.yes : unpin.no)
      }),
  })

  it('sends all bytes of the clip', async () => {
    answerUploads(() => new Response(upload.answer(content.cid)))
    await provider.upload(content, { signal })
    const { bytes } = received[0] as { bytes: Uint8Array }
    const opened = upload.sends === 'car' ? await openCar(bytes) : { file: bytes, roots: [content.cid] }
    expect(opened.roots).toEqual([content.cid])
    expect(Buffer.from(opened.file).equals(await bytesOf(content.file))).toBe(true)
  })

  it('sends its credentials with an upload', async () => {
    answerUploads(() => new Response(upload.answer(content.cid)))
    await provider.upload(content, { signal })
    expect(Object.fromEntries(received[0]?.headers ?? [])).toMatchObject(subject.credentials)
  })

  it('refuses the CID of other content', async () => {
    const other = (await someContent(10, 2)).cid
    const error = await failureOf(() => new Response(upload.answer(other)))
    expect(error).toMatchObject({ isRetryable: false, mayHaveStored: false })
    expect(error.message).toContain(other)
    expect(error.message).toContain(content.cid)
  })

  it.each([400, 401, 403, 413, 422])('does not ask for a retry after a %d', async (status) => {
    const error = await failureOf(() => new Response(subject.refusal.body, { status }))
    expect(error).toMatchObject({ isRetryable: false, statusCode: status, mayHaveStored: false })
    expect(error.message).toContain(String(status))
    expect(error.message).toContain(subject.refusal.says)
  })

  it.each([
    ['seconds', '60', 60_000],
    ['a date', new Date(now + 90_000).toUTCString(), 90_000],
    ['nothing', undefined, undefined],
    ['garbage', 'later', undefined],
  ])(
    'asks for a retry after a 429, with its Retry-After if that is valid: %s',
    async (_, retryAfter, retryAfterMs) => {
      const headers: Record<string, string> = retryAfter ? { 'retry-after': retryAfter } : {}
      const error = await failureOf(() => new Response('slow down', { status: 429, headers }))
      expect(error).toMatchObject({ isRetryable: true, statusCode: 429, retryAfterMs, mayHaveStored: false })
    },
  )

  it.each([408, 500, 502, 503, 504])('asks for a retry after a %d', async (status) => {
    const error = await failureOf(
      () => new Response('<h1>Sorry</h1>', { status, headers: { 'retry-after': '7' } }),
    )
    expect(error).toMatchObject({ isRetryable: true, statusCode: status, retryAfterMs: 7000 })
    expect(error.message).toMatch(/: Sorry$/)
  })

  it.each([
    ['an empty body', ''],
    ['HTML', '<!doctype html><title>Welcome</title><p>Hello'],
    ['truncated JSON', upload.answer('bafk').trim().slice(0, -3)],
    ['JSON of another shape', '{"ok":true}'],
    ['JSON that is no object', 'null'],
    ['no CID in the place of one', upload.answer('done')],
  ])('may have stored the clip when it answers 200 with %s', async (_, body) => {
    const error = await failureOf(() => new HttpResponse(body))
    expect(error).toMatchObject({ isRetryable: true, mayHaveStored: true })
  })

  it.each([
    ['a refusal', 401],
    ['a success', 200],
  ])('keeps its credentials out of the error when %s repeats them', async (_, status) => {
    const headers = JSON.stringify(subject.credentials)
    const body = JSON.stringify({ message: `No access: ${subject.secrets.join(' ')} ${headers}` })
    const error = await failureOf(() => new Response(body, { status }))
    for (const secret of subject.secrets) {
      expect(error.message).not.toContain(secret)
      expect(JSON.stringify([error.stack, error.cause])).not.toContain(secret)
    }
  })

  it('follows no redirect', async () => {
    const location = 'https://elsewhere.test/collect'
    const error = await failureOf(() => new Response(null, { status: 307, headers: { location } }))
    expect(error).toMatchObject({ isRetryable: false, mayHaveStored: false })
    expect(error.message).toContain('a redirect, which is not followed')
  })

  if (unpin) {
    it('unpins once, with its credentials, by the CID or by the id that the service has for it', async () => {
      answerLookups(() => new Response(holds.yes(content.cid)))
      answerLists(content.cid)
      answerUnpins(unpin.yes)
      await provider.unpin(content.cid, { signal })
      expect(unpinned).toHaveLength(1)
      expect(Object.fromEntries(unpinned[0]?.headers ?? [])).toMatchObject(subject.credentials)
      expect(unpinned[0]?.path).toMatch(
        isByCid(unpin.path) ? content.cid : /[/=](0195f815-|UniqueId|b5f60ba0-)/,
      )
    })

    it.each([
      [401, false],
      [403, false],
      [429, true],
      [500, true],
      [503, true],
    ])('does not take a %d for an unpinned clip', async (status, isRetryable) => {
      answerLookups(() => new Response(holds.yes(content.cid)))
      answerLists(content.cid)
      answerUnpins({ status, body: 'no' }, { 'retry-after': '7' })
      const error = await failureIn(provider.unpin(content.cid, { signal }))
      expect(error).toMatchObject({ isRetryable, statusCode: status })
    })

    if (!isByCid(unpin.path)) {
      it('does not unpin another clip than the one asked for', async () => {
        const other = await someContent(10, 2)
        answerLookups(() => new Response(holds.yes(other.cid)))
        answerLists(other.cid)
        answerUnpins(unpin.yes)
        expect(await provider.unpin(content.cid, { signal })).toBe(true)
        expect(unpinned).toEqual([])
      })
    }
  }

  it.each([429, 503])('fails a lookup as retryable on a %d', async (status) => {
    answerLookups(() => new Response('busy', { status }))
    const error = await failureIn(provider.holds(content.cid, { signal }))
    expect(error).toMatchObject({ isRetryable: true, statusCode: status, mayHaveStored: false })
  })
}
