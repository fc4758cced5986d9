import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { ipfsUrlOf, openableUrl } from '#lib/model/permanent-url.ts'

describe('the URL of a CID', () => {
  it.each([
    'https://gateway.test',
    'https://gateway.test/',
    'https://gateway.test/ipfs',
    'https://gateway.test/ipfs/',
  ])('at the gateway %s holds the CID and the file name', (gatewayUrl) => {
    expect(ipfsUrlOf(gatewayUrl, 'bafk', 'a b.mp3')).toBe('https://gateway.test/ipfs/bafk?filename=a%20b.mp3')
  })

  it('keeps the path of the gateway', () => {
    expect(ipfsUrlOf('https://host.test/base/ipfs/', 'bafk', 'x')).toBe(
      'https://host.test/base/ipfs/bafk?filename=x',
    )
  })
})

describe('the URL that opens without a request', () => {
  const clip = {
    id: 'id',
    fileExtension: 'mp3',
    cid: 'bafk',
    ipfsHash: 'bafy',
    permanentUrl: '/ipfs/bafk?filename=id.mp3',
  }
  const urlOf = (environment: Record<string, string>, gatewayUrl?: string, of = clip) =>
    openableUrl(readConfig(environment), of, gatewayUrl)

  it.each([
    ['PUBLIC_BASE_URL', { PUBLIC_BASE_URL: 'https://voice.test' }, 'https://voice.test'],
    [
      'CDN_BASE_URL',
      { CDN_BASE_URL: 'https://cdn.test', PUBLIC_BASE_URL: 'https://voice.test' },
      'https://cdn.test',
    ],
  ])('of a clip at our own gateway begins with %s', (_, environment, origin) => {
    expect(urlOf(environment)).toEqual({ permanentUrl: `${origin}/ipfs/bafk?filename=id.mp3` })
  })

  it('is that of the provider’s gateway, by the provider’s own CID, where neither is set', () => {
    expect(urlOf({ IPFS_GATEWAY_URL: 'self' }, 'https://gateway.test')).toEqual({
      permanentUrl: 'https://gateway.test/ipfs/bafy?filename=id.mp3',
    })
  })

  it('is missing where only this service has the clip, which has a path then', () => {
    expect(urlOf({})).toEqual({ permanentUrl: null, permanentPath: '/ipfs/bafk?filename=id.mp3' })
  })

  it('is the recorded one where that is whole', () => {
    const permanentUrl = 'https://gateway.test/ipfs/bafy'
    expect(urlOf({}, 'https://other.test', { ...clip, permanentUrl })).toEqual({ permanentUrl })
  })
})
