import { describe, expect, it } from 'vitest'
import { ipfsUrlOf } from '#lib/model/permanent-url.ts'

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
