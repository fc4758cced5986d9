import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { createBlockStore } from '#lib/ipfs/blocks/block-store.ts'
import { createProviders } from '#lib/ipfs/providers/index.ts'
import { createDiskSpace } from '#lib/platform/disk-space.ts'

const from = (environment: Record<string, string>) =>
  createProviders(readConfig(environment).ipfs, {
    now: () => 0,
    onNote: () => {},
    blockStore: createBlockStore({ directory: '/nowhere' }),
    diskSpace: createDiskSpace('.ipfs'),
  })
const namesFrom = (environment: Record<string, string>) =>
  from(environment).providers.map((provider) => provider.name)

const everything = {
  PINATA_JWT: 'jwt',
  WEB3_STORAGE_URL: 'https://web3.test',
  INFURA_IPFS_URL: 'https://infura.test',
  INFURA_PROJECT_ID: 'id',
  INFURA_PROJECT_SECRET: 'secret',
  FILEBASE_TOKEN: 'token',
  LIGHTHOUSE_API_KEY: 'key',
  KUBO_RPC_URL: 'http://127.0.0.1:5001',
  FULA_TOKEN: 'token',
  PINNING_SERVICE_URL: 'https://pins.test',
  PINNING_SERVICE_TOKEN: 'token',
  BLOCKFROST_PROJECT_ID: 'project',
}

describe('the providers', () => {
  it('are all built when all are configured', () => {
    expect(namesFrom(everything)).toEqual([
      'pinata',
      'web3storage',
      'infura',
      'filebase',
      'lighthouse',
      'kubo',
      'fula',
      'pinning',
      'blockfrost',
    ])
  })

  it('are built in the order of IPFS_PROVIDERS, which may leave some out', () => {
    expect(namesFrom({ ...everything, IPFS_PROVIDERS: 'kubo,pinata' })).toEqual(['kubo', 'pinata'])
  })

  it.each([
    [{ PINATA_JWT: 'jwt' }, ['pinata']],
    [{ PINATA_API_KEY: 'key', PINATA_API_SECRET: 'secret' }, ['pinata']],
    [{ PINATA_API_KEY: 'key' }, []],
    [{ WEB3_STORAGE_TOKEN: 'token' }, []],
    [{ WEB3_STORAGE_URL: 'https://web3.test' }, ['web3storage']],
    [{ INFURA_PROJECT_ID: 'id', INFURA_PROJECT_SECRET: 'secret' }, []],
    [{ INFURA_IPFS_URL: 'https://infura.test', INFURA_PROJECT_ID: 'id' }, []],
    [{ FILEBASE_TOKEN: 'token' }, ['filebase']],
    [{ LIGHTHOUSE_API_KEY: 'key' }, ['lighthouse']],
    [{ KUBO_RPC_URL: 'http://127.0.0.1:5001' }, ['kubo']],
    [{ KUBO_RPC_AUTHORIZATION: 'Bearer token' }, []],
    [{ FULA_TOKEN: 'token' }, ['fula']],
    [{ BLOCKFROST_PROJECT_ID: 'project' }, ['blockfrost']],
    [{}, ['embedded']],
    [{ PORT: '4000', IPFS_GATEWAY_URL: 'self' }, ['embedded']],
    [{ LIGHTHOUSE_API_KEY: '' }, []],
    [{ IPFS_PROVIDERS: 'kubo' }, []],
    [{ IPFS_PROVIDERS: 'pinata,embedded', PINATA_JWT: '' }, ['embedded']],
    [{ IPFS_PROVIDERS: 'embedded,pinata', PINATA_JWT: 'jwt' }, ['embedded', 'pinata']],
  ])('that are built from %j are %j', (environment, names) => {
    expect(namesFrom(environment)).toEqual(names)
  })
})

describe('the gateway of a provider', () => {
  const gatewaysFrom = (environment: Record<string, string>) =>
    Object.fromEntries(from(environment).providers.map(({ name, gatewayUrl }) => [name, gatewayUrl]))

  it("is the provider's own or a public one when none is configured", () => {
    expect(gatewaysFrom(everything)).toEqual({
      pinata: 'https://gateway.pinata.cloud',
      web3storage: 'https://ipfs.io',
      infura: 'https://ipfs.io',
      filebase: 'https://ipfs.filebase.io',
      lighthouse: 'https://gateway.lighthouse.storage',
      kubo: 'https://ipfs.io',
      fula: 'https://ipfs.io',
      pinning: 'https://ipfs.io',
      blockfrost: 'https://ipfs.blockfrost.dev',
    })
  })

  it('is the configured one where there is one', () => {
    const own = { ...everything, KUBO_GATEWAY_URL: 'https://node.test' }
    expect(gatewaysFrom(own)).toMatchObject({
      kubo: 'https://node.test',
      pinata: 'https://gateway.pinata.cloud',
    })
  })
})

describe('the warnings of the providers that could be built', () => {
  const kubo = { KUBO_RPC_URL: 'http://127.0.0.1:5001', KUBO_GATEWAY_URL: 'http://127.0.0.1:8080' }
  const lighthouse = { LIGHTHOUSE_API_KEY: 'key' }

  it.each<[Record<string, string>, RegExp]>([
    [{ PINATA_JWT: '' }, /^No IPFS provider is configured/],
    [
      { ...kubo, KUBO_GATEWAY_URL: '' },
      /^The clips at kubo are delivered by https:\/\/ipfs.io.*: set KUBO_GATEWAY_URL\.$/,
    ],
    [{ FULA_TOKEN: 'token' }, /: set FULA_GATEWAY_URL\.$/],
    [{ WEB3_STORAGE_URL: 'https://web3.test' }, /: set WEB3_STORAGE_GATEWAY_URL\.$/],
    [lighthouse, /^Lighthouse's public gateway delivers for premium users only: set LIGHTHOUSE_GATEWAY_URL/],
    [{ ...kubo, IPFS_REPLICAS: '3' }, /^IPFS_REPLICAS asks for 3 providers a clip, and only 1 can be used/],
  ])('warn of %j in one line', (environment, expected) => {
    const { warnings } = from(environment)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(expected)
    expect(warnings[0]).not.toContain('\n')
  })

  it.each<[Record<string, string>]>([
    [kubo],
    [{ ...kubo, PINATA_JWT: 'jwt', IPFS_REPLICAS: '2' }],
    [{ ...lighthouse, LIGHTHOUSE_GATEWAY_URL: 'https://gateway.lighthouse.storage' }],
    [{ ...lighthouse, IPFS_GATEWAY_URL: 'https://gateway.test' }],
    [{ FULA_TOKEN: 'token', IPFS_GATEWAY_URL: 'self' }],
    [{ IPFS_PROVIDERS: 'embedded' }],
  ])('are none for %j', (environment) => {
    expect(from(environment).warnings).toEqual([])
  })
})
