import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { createBlockStore } from '#lib/ipfs/blocks/block-store.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { createProviders } from '#lib/ipfs/providers/index.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { createDiskSpace } from '#lib/platform/disk-space.ts'
import {
  classicPinataEnvironmentFor,
  environmentFor,
  type StubVendors,
  startStubVendors,
  statusFault,
  type VendorName,
} from '../../../support/stub-vendors.ts'
import { someContent } from '../content.ts'
import { failureIn } from './provider-subject.ts'

const names = ['pinata', 'infura', 'filebase', 'lighthouse', 'kubo', 'fula', 'pinning', 'blockfrost'] as const
const signal = new AbortController().signal
let vendors: StubVendors

beforeAll(async () => {
  vendors = await startStubVendors()
})
afterEach(() => vendors.reset())
afterAll(() => vendors.close())

function providerOf(name: VendorName, environmentOf = (stub: StubVendors) => environmentFor(stub, [name])) {
  const environment = { ...environmentOf(vendors), IPFS_PROVIDERS: name }
  const { providers } = createProviders(readConfig(environment).ipfs, {
    now: () => 0,
    onNote: () => {},
    blockStore: createBlockStore({ directory: '/nowhere' }),
    diskSpace: createDiskSpace('.'),
  })
  return providers[0] as IpfsProvider
}

/** Pins the content, wherever a service that fetches it by its CID finds it. */
async function pin(provider: IpfsProvider, content: IpfsContent) {
  if (provider.needsOrigin) await providerOf('web3storage').upload(content, { signal })
  await provider.upload(content, { signal }).catch(() => provider.upload(content, { signal }))
}

const cases: [
  title: string,
  name: VendorName,
  environmentOf?: (stub: StubVendors) => Record<string, string>,
][] = [
  ...names.map((name): [string, VendorName] => [name, name]),
  ['Pinata, by key and secret', 'pinata', classicPinataEnvironmentFor],
]

describe.each(cases)('a clip at %s', (_, name, environmentOf) => {
  it('is gone once it is unpinned, and others stay', async () => {
    const provider = providerOf(name, environmentOf)
    const clips = [await someContent(10, 1), await someContent(10, 2), await someContent(10, 3)]
    const [first, second, third] = clips as [IpfsContent, IpfsContent, IpfsContent]
    for (const content of clips) await pin(provider, content)
    expect(await provider.unpin(third.cid, { signal })).toBe(true)
    expect(await provider.unpin(third.cid, { signal })).toBe(true)
    expect(await provider.holds(third.cid, { signal })).toBe(false)
    const left = (await vendors.holdings(name)).map(({ cid }) => cid)
    expect(left.toSorted()).toEqual([first.cid, second.cid].toSorted())
  })

  it('is not taken for unpinned while the service is out of order', async () => {
    const provider = providerOf(name, environmentOf)
    const content = await someContent(10, 1)
    await pin(provider, content)
    await vendors.next(name, { ...statusFault(503), scope: 'unpin' })
    expect(await failureIn(provider.unpin(content.cid, { signal }))).toMatchObject({ isRetryable: true })
    expect(await vendors.holdings(name)).toHaveLength(1)
  })
})

describe('Pinata', () => {
  it('says which scope a key lacks that may not unpin', async () => {
    const provider = providerOf('pinata')
    const content = await someContent(10, 1)
    await pin(provider, content)
    await vendors.plan({ scopes: ['org:files:read'] })
    const error = await failureIn(provider.unpin(content.cid, { signal }))
    expect(error).toMatchObject({ isRetryable: false, statusCode: 403 })
    expect(error.message).toContain('scope')
  })
})

describe('a service with the API of Web3.Storage', () => {
  it('says that it cannot unpin', async () => {
    const provider = providerOf('web3storage')
    const content = await someContent(10, 1)
    await pin(provider, content)
    expect(await provider.unpin(content.cid, { signal })).toBeUndefined()
  })
})
