import { http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createWeb3StorageProvider } from '#lib/ipfs/providers/web3-storage.ts'
import { someContent } from '../content.ts'
import { fixture } from '../fixture.ts'
import { describeProvider } from './provider-conformance.ts'
import { failureIn, now } from './provider-subject.ts'

const token = 'token-of-the-test'

describeProvider({
  title: 'An endpoint with the API of Web3.Storage',
  name: 'web3storage',
  create: ({ baseUrl, ...rest }) => createWeb3StorageProvider({ url: baseUrl, token, ...rest }),
  credentials: { authorization: `Bearer ${token}` },
  secrets: [token],
  upload: { path: '/car', sends: 'car', answer: (cid) => fixture('web3storage/car.json', cid) },
  refusal: { body: fixture('web3storage/car-401.json'), says: 'API Key is malformed or failed to parse.' },
  holds: {
    method: 'get',
    path: '/status/:cid',
    yes: (cid) => fixture('web3storage/status.json', cid),
    no: (cid) => ({ status: 404, body: fixture('web3storage/status-404.json', cid) }),
  },
})

describe("Web3.Storage's API", () => {
  const url = 'https://web3.test'
  const provider = createWeb3StorageProvider({ url, gatewayUrl: 'https://gateway.test', now: () => now })
  const signal = new AbortController().signal
  const server = setupServer()
  beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
  afterEach(() => server.resetHandlers())
  afterAll(() => server.close())

  it('is sent the CAR as the body and its name as a header, and needs no token', async () => {
    const content = await someContent(10)
    let headers = new Headers()
    server.use(
      http.post(`${url}/car`, ({ request }) => {
        headers = request.headers
        return new Response(fixture('web3storage/car.json', content.cid))
      }),
    )
    await provider.upload({ ...content, fileName: 'Grüße 1.mp3' }, { signal })
    expect(headers.get('content-type')).toBe('application/vnd.ipld.car')
    expect(headers.get('x-name')).toBe('Gr%C3%BC%C3%9Fe%201.mp3')
    expect(headers.has('authorization')).toBe(false)
  })

  it.each([400, 401, 403, 405])(
    'is taken as unable to look clips up when it answers a status with %d',
    async (status) => {
      server.use(http.get(`${url}/status/:cid`, () => new Response('no', { status })))
      const { cid } = await someContent(10)
      expect(await provider.holds(cid, { signal })).toBeUndefined()
    },
  )

  it('fails when the answer to a status is not JSON', async () => {
    server.use(http.get(`${url}/status/:cid`, () => new Response('<h1>It works!</h1>')))
    const { cid } = await someContent(10)
    const error = await failureIn(provider.holds(cid, { signal }))
    expect(error).toMatchObject({ isRetryable: true, mayHaveStored: false })
  })
})
