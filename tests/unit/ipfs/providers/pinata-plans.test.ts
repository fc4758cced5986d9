import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { legacyCid } from '#lib/ipfs/blocks/car.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { createPinataProvider } from '#lib/ipfs/providers/pinata.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import {
  credentials,
  pinataPlans,
  type RecordedRequest,
  type StubVendors,
  startStubVendors,
} from '../../../support/stub-vendors.ts'
import { bytesOf, someContent } from '../content.ts'
import { failureIn } from './provider-subject.ts'

const signal = new AbortController().signal
const onNote = vi.fn()
let vendors: StubVendors
let provider: IpfsProvider

function create(account: { jwt?: string; apiKey?: string; apiSecret?: string }): IpfsProvider {
  const url = vendors.urls.pinata
  const urls = { uploadUrl: `${url}/v3`, apiUrl: vendors.pinataApiUrl, gatewayUrl: url }
  return createPinataProvider({ ...account, ...urls, now: Date.now, onNote })
}

beforeAll(async () => {
  vendors = await startStubVendors()
})
beforeEach(() => {
  onNote.mockClear()
  provider = create({ jwt: credentials.pinataJwt })
})
afterEach(() => vendors.reset())
afterAll(() => vendors.close())

/** Three clips, one after the other: what the caller got for each, and what reached Pinata. */
async function threeCalls(sizeBytes: number) {
  const contents = await Promise.all([1, 2, 3].map((seed) => someContent(sizeBytes, seed)))
  const answered: string[] = []
  for (const content of contents) answered.push((await provider.upload(content, { signal })).cid)
  const uploads = await vendors.requests({ vendor: 'pinata', endpoint: 'upload' })
  return { contents, answered, statuses: uploads.map(({ status }: RecordedRequest) => status) }
}

const delivered = async (cid: string) => {
  const response = await fetch(`${vendors.urls.pinata}/ipfs/${cid}`)
  return response.ok ? response.bytes() : undefined
}

describe('An account at Pinata with the free plan', () => {
  beforeEach(() => vendors.plan(pinataPlans.free))

  it.each([400, 402, 403, 404, 422])(
    'that refuses CARs with %d holds the plain file after the first attempt, and is asked for no CAR again',
    async (carRefusalStatus) => {
      await vendors.plan({ carRefusalStatus })
      const { contents, answered, statuses } = await threeCalls(1000)
      expect(answered).toEqual(contents.map(({ cid }) => cid))
      expect(statuses).toEqual([carRefusalStatus, 200, 200, 200])
      for (const { cid, file } of contents) expect(await delivered(cid)).toEqual(await bytesOf(file))
    },
  )

  it('holds a clip above 256 KiB under the CID of its older chunks', async () => {
    const { contents, answered } = await threeCalls(300_000)
    expect(answered).toEqual(await Promise.all(contents.map(({ file }) => legacyCid(file))))
    for (const [index, cid] of answered.entries())
      expect(await delivered(cid)).toEqual(await bytesOf((contents[index] as IpfsContent).file))
  })

  it('is reported once, when it is learned', async () => {
    expect(provider.note).toBeUndefined()
    await threeCalls(1000)
    expect(onNote.mock.calls).toEqual([[provider.note]])
    expect(provider.note).toContain('Takes no CARs (Answered 403 Forbidden: CAR uploads are not available')
  })

  it('takes CARs in the next process once it is upgraded', async () => {
    await threeCalls(1000)
    await vendors.plan({ takesCars: true })
    await create({ jwt: credentials.pinataJwt }).upload(await someContent(300_000, 9), { signal })
    const [last] = (await vendors.holdings('pinata')).slice(-1)
    expect(last?.cid).toBe((await someContent(300_000, 9)).cid)
  })

  it.each([401, 413, 429])('is not sent the plain file when it answers a CAR with %d', async (status) => {
    await vendors.plan({ carRefusalStatus: status })
    const error = await failureIn(provider.upload(await someContent(1000), { signal }))
    expect(error).toMatchObject({ statusCode: status, isRetryable: status === 429 })
    expect(await vendors.holdings('pinata')).toEqual([])
    expect(provider.note).toBeUndefined()
  })
})

describe('An account at Pinata with a paid plan', () => {
  it('holds each clip under its own CID', async () => {
    const { contents, answered, statuses } = await threeCalls(300_000)
    expect(answered).toEqual(contents.map(({ cid }) => cid))
    expect(statuses).toEqual([200, 200, 200])
  })

  it('whose import fails has accepted each clip once, and delivers none', async () => {
    await vendors.plan(pinataPlans.paidWithFailingImports)
    const { contents, answered, statuses } = await threeCalls(1000)
    expect(answered).toEqual(contents.map(({ cid }) => cid))
    expect(statuses).toEqual([200, 200, 200])
    for (const { cid } of contents) {
      expect(await provider.holds(cid, { signal })).toBe(false)
      expect(await delivered(cid)).toBeUndefined()
    }
  })

  it('that answers "pending" has accepted each clip once, under its own CID, and delivers it later', async () => {
    await vendors.plan(pinataPlans.pending)
    const { contents, answered, statuses } = await threeCalls(300_000)
    expect(answered).toEqual(contents.map(({ cid }) => cid))
    expect(statuses).toEqual([200, 200, 200])
    const { cid, file } = contents[0] as IpfsContent
    expect(await provider.holds(cid, { signal })).toBe(false)
    expect(await delivered(cid)).toBeUndefined()
    await vendors.plan({ imports: 'done' })
    expect(await provider.holds(cid, { signal })).toBe(true)
    expect(await delivered(cid)).toEqual(await bytesOf(file))
  })
})

describe('A limit of the plan at Pinata', () => {
  it('of requests a minute asks for a retry after the time that Pinata says', async () => {
    await vendors.plan({ requestsPerMinute: 0 })
    const error = await failureIn(provider.upload(await someContent(10), { signal }))
    expect(error).toMatchObject({ isRetryable: true, retryAfterMs: 60_000, statusCode: 429 })
    expect(error.message).toContain("the plan's requests a minute are used up")
  })

  it('of lists a minute does not hinder uploads', async () => {
    await vendors.plan({ listRequestsPerMinute: 0 })
    const content = await someContent(10)
    expect(await failureIn(provider.holds(content.cid, { signal }))).toMatchObject({ isRetryable: true })
    await expect(provider.upload(content, { signal })).resolves.toEqual({ cid: content.cid })
  })

  it.each(['JWT', 'key and secret'])('of files is named, and not retried (%s)', async (kind) => {
    await vendors.plan({ maxFiles: 1 })
    const limited = kind === 'JWT' ? provider : classic()
    await limited.upload(await someContent(10, 1), { signal })
    const error = await failureIn(limited.upload(await someContent(10, 2), { signal }))
    expect(error).toMatchObject({ isRetryable: false, statusCode: 403 })
    expect(error.message).toContain('Account blocked due to plan usage limit')
    expect(error.message).toContain("the plan's files or bytes are used up")
    expect(limited.note).toBeUndefined()
  })
})

const classic = () => create({ apiKey: credentials.pinataApiKey, apiSecret: credentials.pinataApiSecret })

describe('A key for Pinata without the scope', () => {
  beforeEach(() => vendors.plan({ scopes: [] }))

  it.each<[string, () => IpfsProvider, string[]]>([
    ['JWT', () => provider, ['the key lacks the scope org:files:write']],
    ['key and secret', classic, ['the key lacks the scope pinFileToIPFS', 'or set PINATA_JWT']],
  ])('is refused by the name of the scope, and not retried (%s)', async (_, make, said) => {
    const error = await failureIn(make().upload(await someContent(10), { signal }))
    expect(error).toMatchObject({ isRetryable: false, statusCode: 403 })
    for (const part of said) expect(error.message).toContain(part)
  })
})

describe('The list API of Pinata', () => {
  it('has a host of its own, which can be down while uploads work', async () => {
    await vendors.always('pinata', { kind: 'refused', scope: 'lookup' })
    const content = await someContent(10)
    const error = await failureIn(provider.holds(content.cid, { signal }))
    // A connection that was open before breaks off, a new one is refused.
    expect(error.message).toMatch(/^Connection failed: .*(ECONNREFUSED|UND_ERR_SOCKET)/)
    await expect(provider.upload(content, { signal })).resolves.toEqual({ cid: content.cid })
  })
})
