import { http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { legacyCid } from '#lib/ipfs/blocks/car.ts'
import { createPinataProvider } from '#lib/ipfs/providers/pinata.ts'
import { someContent } from '../content.ts'
import { fixture } from '../fixture.ts'
import { describeProvider } from './provider-conformance.ts'
import { failureIn, now, type Subject } from './provider-subject.ts'

const jwt = 'eyJhbGciOiJIUzI1NiJ9.jwt-of-the-test.signature'
const apiKey = 'key-of-the-test'
const apiSecret = 'secret-of-the-test'

const withJwt: Subject = {
  title: 'Pinata with a JWT',
  name: 'pinata',
  create: ({ baseUrl, ...rest }) =>
    createPinataProvider({ jwt, uploadUrl: baseUrl, apiUrl: baseUrl, ...rest }),
  credentials: { authorization: `Bearer ${jwt}` },
  secrets: [jwt],
  upload: { path: '/files', sends: 'car', answer: (cid) => fixture('pinata/files-upload.json', cid) },
  refusal: { body: fixture('pinata/files-401.json'), says: 'no Authorization header found' },
  holds: {
    method: 'get',
    path: '/v3/files/public',
    yes: (cid) => fixture('pinata/files-list.json', cid),
    no: () => ({ status: 200, body: fixture('pinata/files-list-empty.json') }),
  },
  unpin: {
    method: 'delete',
    path: '/v3/files/public/:id',
    yes: { status: 200, body: '{"data":null}' },
    no: { status: 404, body: '{"error":{"code":404,"message":"not found"}}' },
  },
}

const withKeys: Subject = {
  title: 'Pinata with key and secret',
  name: 'pinata',
  create: ({ baseUrl, ...rest }) =>
    createPinataProvider({ apiKey, apiSecret, uploadUrl: 'https://unused.test', apiUrl: baseUrl, ...rest }),
  credentials: { pinata_api_key: apiKey, pinata_secret_api_key: apiSecret },
  secrets: [apiKey, apiSecret],
  upload: {
    path: '/pinning/pinFileToIPFS',
    sends: 'file',
    answer: (cid) => fixture('pinata/pin-file.json', cid),
  },
  refusal: { body: fixture('pinata/pin-file-401.json'), says: 'Invalid/expired credentials' },
  holds: {
    method: 'get',
    path: '/data/pinList',
    yes: (cid) => fixture('pinata/pin-list.json', cid),
    no: () => ({ status: 200, body: fixture('pinata/pin-list-empty.json') }),
  },
  unpin: {
    method: 'delete',
    path: '/pinning/unpin/:cid',
    yes: { status: 200, body: 'OK' },
    no: {
      status: 400,
      body: '{"error":{"reason":"CURRENT_USER_HAS_NOT_PINNED_CID","details":"The current user has not pinned the cid"}}',
    },
  },
}

describeProvider(withJwt)
describeProvider(withKeys)

describe("Pinata's APIs", () => {
  const baseUrl = 'https://pinata.test'
  const onNote = vi.fn()
  const options = { baseUrl, gatewayUrl: 'https://gateway.test', now: () => now, onNote }
  const signal = new AbortController().signal
  const server = setupServer()
  beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
  afterEach(() => server.resetHandlers())
  afterAll(() => server.close())

  const sentForm = async (subject: Subject) => {
    const content = await someContent(10)
    let form = new FormData()
    server.use(
      http.post(`${baseUrl}${subject.upload.path}`, async ({ request }) => {
        form = await request.clone().formData()
        return new Response(subject.upload.answer(content.cid))
      }),
    )
    await subject.create(options).upload(content, { signal })
    const { file, ...fields } = Object.fromEntries(form)
    const { name: fileName, type } = file as File
    return { fields, fileName, type }
  }

  it('are sent a form that asks for a public import of the CAR with a JWT', async () => {
    expect(await sentForm(withJwt)).toEqual({
      fields: {
        network: 'public',
        name: 'clip.mp3',
        keyvalues: '{"service":"voicepin"}',
        car: 'true',
        cid_version: 'v1',
      },
      fileName: 'clip.mp3.car',
      type: 'application/vnd.ipld.car',
    })
  })

  it('are sent a form that asks for a CIDv1 with key and secret', async () => {
    expect(await sentForm(withKeys)).toEqual({
      fields: {
        pinataMetadata: '{"name":"clip.mp3","keyvalues":{"service":"voicepin"}}',
        pinataOptions: '{"cidVersion":1}',
      },
      fileName: 'clip.mp3',
      type: 'audio/mpeg',
    })
  })

  it('are used with the JWT when there are key and secret as well', async () => {
    const content = await someContent(10)
    let headers = new Headers()
    server.use(
      http.post(`${baseUrl}/files`, ({ request }) => {
        headers = request.headers
        return new Response(withJwt.upload.answer(content.cid))
      }),
    )
    const provider = createPinataProvider({
      ...options,
      jwt,
      apiKey,
      apiSecret,
      uploadUrl: baseUrl,
      apiUrl: baseUrl,
    })
    await provider.upload(content, { signal })
    expect(headers.get('authorization')).toBe(`Bearer ${jwt}`)
    expect(headers.has('pinata_api_key')).toBe(false)
  })

  it('are not sent a CAR that is too large for one request', async () => {
    const content = await someContent(10)
    const mebibyte = new Blob([new Uint8Array(1024 ** 2)])
    const car = new Blob([...Array(90).fill(mebibyte), 'x'])
    const error = await failureIn(withJwt.create(options).upload({ ...content, car }, { signal }))
    expect(error).toMatchObject({ isRetryable: false, mayHaveStored: false })
    expect(error.message).toContain('94371841 bytes are more than the 94371840')
  })

  it('may answer the legacy CID to a plain file', async () => {
    const content = await someContent(300_000)
    const cid = await legacyCid(content.file)
    server.use(http.post(`${baseUrl}/pinning/pinFileToIPFS`, () => new Response(withKeys.upload.answer(cid))))
    await expect(withKeys.create(options).upload(content, { signal })).resolves.toEqual({ cid })
  })

  it('may not answer the legacy CID to an import', async () => {
    const content = await someContent(300_000)
    const cid = await legacyCid(content.file)
    server.use(http.post(`${baseUrl}/files`, () => new Response(withJwt.upload.answer(cid))))
    const error = await failureIn(withJwt.create(options).upload(content, { signal }))
    expect(error.message).toContain(cid)
  })
})
