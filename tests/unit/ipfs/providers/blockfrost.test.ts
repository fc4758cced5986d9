import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { createBlockfrostProvider } from '#lib/ipfs/providers/blockfrost.ts'
import { createWeb3StorageProvider } from '#lib/ipfs/providers/web3-storage.ts'
import {
  credentials,
  type StubVendors,
  startStubVendors,
  statusFault,
} from '../../../support/stub-vendors.ts'
import { someContent } from '../content.ts'
import { describePromises } from './provider-promises.ts'
import { failureIn, gatewayUrl, now } from './provider-subject.ts'

const signal = new AbortController().signal
let vendors: StubVendors
const create = (projectId: string = credentials.blockfrostProjectId) =>
  createBlockfrostProvider({ url: vendors.urls.blockfrost, projectId, gatewayUrl, now: () => now })

/** Puts the content where Blockfrost can fetch it from. */
async function originate(content: IpfsContent) {
  const url = vendors.urls.web3storage
  await createWeb3StorageProvider({
    url,
    token: credentials.web3StorageToken,
    gatewayUrl: url,
    now: () => now,
  }).upload(content, { signal })
}

async function pin(content: IpfsContent) {
  await originate(content)
  await create()
    .upload(content, { signal })
    .catch(() => {})
}

beforeAll(async () => {
  vendors = await startStubVendors()
})
afterEach(() => vendors.reset())
afterAll(() => vendors.close())

describe('Blockfrost, as an IPFS provider', () => {
  describePromises({
    name: 'blockfrost',
    gatewayUrl,
    provider: create,
    willTake: pin,
    willHold: pin,
    willNotHold() {},
    willUnpin() {},
  })

  it('is asked for a pin once, and fails as retryable until it has fetched the clip', async () => {
    const content = await someContent(11)
    for (const _ of [1, 2]) {
      const error = await failureIn(create().upload(content, { signal }))
      expect(error).toMatchObject({ isRetryable: true, mayHaveStored: true })
      expect(error.message).toBe('Not pinned yet (queued)')
    }
    await originate(content)
    await expect(create().upload(content, { signal })).resolves.toEqual({ cid: content.cid })
    expect(await vendors.requests({ vendor: 'blockfrost', endpoint: 'upload' })).toHaveLength(1)
  })

  it('fails for good with a wrong project, which the error does not show', async () => {
    const error = await failureIn(create('wrong-project').upload(await someContent(10), { signal }))
    expect(error).toMatchObject({ isRetryable: false, statusCode: 403 })
    expect(error.message).toContain('Invalid project token')
    expect(error.message).not.toContain('wrong-project')
  })

  it.each([
    [402, false, "the project's limit of the day is reached"],
    [418, false, 'this address is banned'],
    [425, true, 'too many pins of this project are queued'],
    [429, true, 'Answered 429'],
  ])('says what a %d means, and whether a retry may help: %s', async (status, isRetryable, said) => {
    await vendors.next('blockfrost', statusFault(status))
    const error = await failureIn(create().upload(await someContent(12), { signal }))
    expect(error).toMatchObject({ isRetryable, statusCode: status })
    expect(error.message).toContain(said)
  })
})
