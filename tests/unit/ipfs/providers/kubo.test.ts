import { http } from 'msw'
import { setupServer } from 'msw/node'
import { CID } from 'multiformats'
import { base36 } from 'multiformats/bases/base36'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { legacyCid } from '#lib/ipfs/blocks/car.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import {
  createFilebaseProvider,
  createInfuraProvider,
  createKuboProvider,
  createLighthouseProvider,
} from '#lib/ipfs/providers/kubo.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { bytesOf, someContent } from '../content.ts'
import { fixture } from '../fixture.ts'
import { describeProvider } from './provider-conformance.ts'
import { failureIn, now, receivedBytes, type Subject } from './provider-subject.ts'

const token = 'token-of-the-test'
const projectId = 'project-of-the-test'
const projectSecret = 'secret-of-the-test'
const basic = Buffer.from(`${projectId}:${projectSecret}`).toString('base64')

const kubo: Subject = {
  title: 'A Kubo node',
  name: 'kubo',
  create: ({ baseUrl: url, ...rest }) =>
    createKuboProvider({ url, authorization: `Bearer ${token}`, ...rest }),
  credentials: { authorization: `Bearer ${token}` },
  secrets: [token],
  upload: {
    path: '/api/v0/dag/import',
    otherPath: '/api/v0/add',
    sends: 'car',
    answer: (cid) => fixture('kubo/dag-import.ndjson', cid),
  },
  refusal: { body: fixture('kubo/dag-import-400.json'), says: 'invalid CAR file: malformed varint' },
  holds: {
    method: 'post',
    path: '/api/v0/pin/ls',
    yes: (cid) => fixture('kubo/pin-ls.json', cid),
    no: (cid) => ({ status: 500, body: fixture('kubo/pin-ls-not-pinned.json', cid) }),
  },
  unpin: {
    method: 'post',
    path: '/api/v0/pin/rm',
    yes: { status: 200, body: '{"Pins":["the CID"]}' },
    no: { status: 500, body: '{"Message":"not pinned or pinned indirectly","Code":0,"Type":"error"}' },
  },
}

describeProvider(kubo)
describeProvider({
  ...kubo,
  title: 'Infura',
  name: 'infura',
  create: ({ baseUrl: url, ...rest }) => createInfuraProvider({ url, projectId, projectSecret, ...rest }),
  credentials: { authorization: `Basic ${basic}` },
  secrets: [projectId, projectSecret, basic],
})
describeProvider({
  ...kubo,
  title: 'Filebase',
  name: 'filebase',
  create: ({ baseUrl: url, ...rest }) => createFilebaseProvider({ url, token, ...rest }),
  upload: { ...kubo.upload, answer: (cid) => fixture('filebase/dag-import.ndjson', cid) },
  refusal: { body: fixture('filebase/dag-import-401.json'), says: 'Invalid access token' },
})
describeProvider({
  ...kubo,
  title: 'Lighthouse',
  name: 'lighthouse',
  create: ({ baseUrl: url, ...rest }) =>
    createLighthouseProvider({ url, apiUrl: url, apiKey: token, ...rest }),
  upload: { ...kubo.upload, answer: (cid) => fixture('lighthouse/dag-import.json', cid) },
  refusal: { body: fixture('lighthouse/dag-import-401.json'), says: 'Authentication failed' },
  unpin: {
    method: 'delete',
    path: '/api/user/delete_file',
    list: {
      path: '/api/user/files_uploaded',
      yes: (cid) => fixture('lighthouse/files-uploaded.json', cid),
      no: '{"fileList":[],"totalFiles":0}',
    },
    yes: { status: 200, body: '{"message":"File deleted successfully"}' },
    no: { status: 404, body: '{"error":"File not found"}' },
  },
})

describe('A service that speaks Kubo RPC', () => {
  const url = 'https://kubo.test'
  const onNote = vi.fn()
  const create = (base = url) =>
    createKuboProvider({ url: base, gatewayUrl: 'https://gateway.test', now: () => now, onNote })
  const signal = new AbortController().signal
  const server = setupServer()
  let content: IpfsContent
  let provider: IpfsProvider
  beforeAll(async () => {
    content = await someContent(300_000)
    server.listen({ onUnhandledFrame: 'error' })
  })
  beforeEach(() => {
    provider = create()
  })
  afterEach(() => server.resetHandlers())
  afterAll(() => server.close())

  const onImport = (answer: (request: Request) => Response) =>
    server.use(http.post(`${url}/api/v0/dag/import`, ({ request }) => answer(request)))
  const onAdd = (answer: (request: Request) => Response) =>
    server.use(http.post(`${url}/api/v0/add`, ({ request }) => answer(request)))

  it('is asked to pin the root of the CAR', async () => {
    let query = ''
    onImport((request) => {
      query = new URL(request.url).search
      return new Response(fixture('kubo/dag-import-stats.ndjson', content.cid))
    })
    await expect(provider.upload(content, { signal })).resolves.toEqual({ cid: content.cid })
    expect(query).toBe('?pin-roots=true')
  })

  it.each([`${url}/api/v0`, `${url}/api/v0/`, `${url}/`])('can be configured as %s', async (base) => {
    onImport(() => new Response(fixture('kubo/dag-import.ndjson', content.cid)))
    await expect(create(base).upload(content, { signal })).resolves.toEqual({ cid: content.cid })
  })

  it('is sent the user name and password of its URL, which no error shows', async () => {
    let authorization: string | null = null
    onImport((request) => {
      authorization = request.headers.get('authorization')
      return new Response('not this one, p@ss word', { status: 401 })
    })
    const error = await failureIn(create('https://me:p%40ss%20word@kubo.test').upload(content, { signal }))
    expect(authorization).toBe(`Basic ${Buffer.from('me:p@ss word').toString('base64')}`)
    expect(error.message).not.toContain('p@ss')
  })

  it('fails the upload when it has imported the clip but not pinned it', async () => {
    onImport(() => new Response(fixture('kubo/dag-import-pin-error.ndjson', content.cid)))
    const error = await failureIn(provider.upload(content, { signal }))
    expect(error).toMatchObject({ isRetryable: true })
    expect(error.message).toContain('not pinned: block was not found locally')
  })

  it('fails the upload when it reports an error after a 200', async () => {
    onImport(() => new Response(fixture('kubo/dag-import-late-error.ndjson')))
    const error = await failureIn(provider.upload(content, { signal }))
    expect(error).toMatchObject({ isRetryable: true })
    expect(error.message).toContain('no space left on device')
  })

  describe.each([
    ['404', () => new Response('404 page not found', { status: 404 })],
    ['405', () => new Response('', { status: 405 })],
    ['501', () => new Response('', { status: 501 })],
    ['400 for an unknown command', () => new Response(fixture('kubo/unknown-command.json'), { status: 400 })],
    ['500 for an unknown command', () => new Response(fixture('kubo/unknown-command.json'), { status: 500 })],
    ['400 for a CAR', () => new Response(fixture('kubo/dag-import-400.json'), { status: 400 })],
    ['402', () => new Response('{"error":"Importing CARs needs a paid plan"}', { status: 402 })],
    ['403', () => new Response('Forbidden', { status: 403 })],
    ['415', () => new Response('', { status: 415 })],
    ['422', () => new Response('', { status: 422 })],
  ])('and answers dag/import with %s', (_, refuse) => {
    it('is sent the plain file in the same attempt', async () => {
      let query = new URLSearchParams()
      let received = new Uint8Array()
      onImport(refuse)
      server.use(
        http.post(`${url}/api/v0/add`, async ({ request }) => {
          query = new URL(request.url).searchParams
          received = new Uint8Array(await receivedBytes(request))
          return new Response(fixture('kubo/add.json', content.cid))
        }),
      )
      await expect(provider.upload(content, { signal })).resolves.toEqual({ cid: content.cid })
      expect(Object.fromEntries(query)).toMatchObject({
        'cid-version': '1',
        'raw-leaves': 'true',
        chunker: 'size-1048576',
        pin: 'true',
      })
      expect(Buffer.from(received).equals(await bytesOf(content.file))).toBe(true)
    })

    it('fails with the reason why the plain file was refused', async () => {
      onImport(refuse)
      onAdd(() => new Response('{"Message":"over quota","Code":0,"Type":"error"}', { status: 403 }))
      const error = await failureIn(provider.upload(content, { signal }))
      expect(error).toMatchObject({ isRetryable: false, statusCode: 403 })
      expect(error.message).toContain('over quota')
    })
  })

  it('is not sent the plain file after an import that may have succeeded', async () => {
    onImport(() => new Response('', { status: 502 }))
    const error = await failureIn(provider.upload(content, { signal }))
    expect(error).toMatchObject({ isRetryable: true, mayHaveStored: true, statusCode: 502 })
  })

  it.each([401, 408, 413, 429, 500, 503])('is not sent the plain file after a %d', async (status) => {
    let adds = 0
    onImport(() => new Response('Sorry', { status }))
    onAdd(() => {
      adds += 1
      return new Response(fixture('kubo/add.json', content.cid))
    })
    expect(await failureIn(provider.upload(content, { signal }))).toMatchObject({ statusCode: status })
    expect(adds).toBe(0)
  })

  it('is sent only plain files once it has taken one in place of a CAR, and says so once', async () => {
    let imports = 0
    onNote.mockClear()
    onImport(() => {
      imports += 1
      return new Response('no CARs', { status: 403 })
    })
    onAdd(() => new Response(fixture('kubo/add.json', content.cid)))
    expect(provider.note).toBeUndefined()
    await Promise.all([1, 2].map(() => provider.upload(content, { signal })))
    await provider.upload(content, { signal })
    expect(imports).toBe(2)
    expect(onNote.mock.calls).toEqual([[provider.note]])
    expect(provider.note).toMatch(
      /^Takes no CARs \(Answered 403 Forbidden: no CARs\), so clips are sent as plain/,
    )
  })

  it('is sent CARs again after it has refused both a CAR and the plain file', async () => {
    let imports = 0
    onImport(() => {
      imports += 1
      return new Response('', { status: 403 })
    })
    onAdd(() => new Response('', { status: 403 }))
    await failureIn(provider.upload(content, { signal }))
    await failureIn(provider.upload(content, { signal }))
    expect(imports).toBe(2)
    expect(provider.note).toBeUndefined()
  })

  it('is sent the plain file with its media type', async () => {
    let type = ''
    onImport(() => new Response('', { status: 404 }))
    server.use(
      http.post(`${url}/api/v0/add`, async ({ request }) => {
        type = ((await request.formData()).get('file') as File).type
        return new Response(fixture('kubo/add.json', content.cid))
      }),
    )
    await provider.upload({ ...content, mimeType: 'audio/ogg' }, { signal })
    expect(type).toBe('audio/ogg')
  })

  it.each(['lighthouse/add.json', 'lighthouse/add-plain.json', 'filebase/add.json'])(
    'may answer a plain file as in %s',
    async (path) => {
      onImport(() => new Response('', { status: 404 }))
      onAdd(() => new Response(fixture(path, content.cid)))
      await expect(provider.upload(content, { signal })).resolves.toEqual({ cid: content.cid })
    },
  )

  it('may chunk a plain file in the older way', async () => {
    const cid = await legacyCid(content.file)
    onImport(() => new Response('', { status: 404 }))
    onAdd(() => new Response(fixture('kubo/add.json', cid)))
    await expect(provider.upload(content, { signal })).resolves.toEqual({ cid })
  })

  it.each([404, 405, 501])(
    'is taken as unable to look clips up when it answers pin/ls with %d',
    async (status) => {
      server.use(http.post(`${url}/api/v0/pin/ls`, () => new Response('', { status })))
      expect(await provider.holds(content.cid, { signal })).toBeUndefined()
    },
  )

  it('may list its pins in another base encoding', async () => {
    const other = CID.parse(content.cid).toString(base36)
    server.use(http.post(`${url}/api/v0/pin/ls`, () => new Response(fixture('kubo/pin-ls.json', other))))
    expect(await provider.holds(content.cid, { signal })).toBe(true)
  })
})
