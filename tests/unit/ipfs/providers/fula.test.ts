import { http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFulaProvider } from '#lib/ipfs/providers/fula.ts'
import { someContent } from '../content.ts'
import { fixture } from '../fixture.ts'
import { describeProvider } from './provider-conformance.ts'
import { failureIn, now } from './provider-subject.ts'

const token = 'token-of-the-test'

describeProvider({
  title: 'Fula',
  name: 'fula',
  create: ({ baseUrl: url, gatewayUrl, now }) => createFulaProvider({ url, token, gatewayUrl, now }),
  credentials: { authorization: `Bearer ${token}` },
  secrets: [token],
  upload: { path: '/pins/import/car', sends: 'car', answer: (cid) => fixture('fula/import-car.json', cid) },
  refusal: {
    body: '{"error":{"reason":"BAD_REQUEST","details":"CAR has missing blocks"}}',
    says: 'CAR has missing blocks',
  },
  holds: {
    method: 'get',
    path: '/pins',
    yes: (cid) => fixture('fula/pins.json', cid),
    no: () => ({ status: 200, body: '{"count":0,"results":[]}' }),
  },
  unpin: {
    method: 'delete',
    path: '/pins/:requestid',
    yes: { status: 202, body: '' },
    no: { status: 404, body: '{"error":{"reason":"NOT_FOUND"}}' },
  },
})

describe("Fula's import", () => {
  const url = 'https://fula.test'
  const signal = new AbortController().signal
  const server = setupServer()
  const provider = createFulaProvider({ url, token, gatewayUrl: 'https://gateway.test', now: () => now })
  const onImport = (status: number, body: string) =>
    server.use(http.post(`${url}/pins/import/car`, () => new Response(body, { status })))
  beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
  afterAll(() => server.close())

  it('that would not fit into the storage credit is refused for good, and says so', async () => {
    onImport(402, '{"error":{"reason":"INSUFFICIENT_CREDIT","details":"Insufficient storage credit"}}')
    const error = await failureIn(provider.upload(await someContent(10), { signal }))
    expect(error).toMatchObject({ isRetryable: false, statusCode: 402 })
    expect(error.message).toContain("Insufficient storage credit (the account's storage is used up")
  })

  it('that has failed already says why', async () => {
    const content = await someContent(10)
    const pin = { ...JSON.parse(fixture('fula/import-car.json', content.cid)), status: 'failed' }
    onImport(202, JSON.stringify({ ...pin, info: { status_details: 'no nodes' } }))
    const error = await failureIn(provider.upload(content, { signal }))
    expect(error).toMatchObject({ isRetryable: true })
    expect(error.message).toContain('no nodes')
  })
})
