import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from '@ipld/dag-json'
import { generateKeyPairFromSeed, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { CID } from 'multiformats'
import * as raw from 'multiformats/codecs/raw'
import * as Digest from 'multiformats/hashes/digest'
import { sha256 } from 'multiformats/hashes/sha2'
import { describe, expect, it } from 'vitest'
import { multiaddrOf } from '#lib/ipfs/ipni/address.ts'
import { advertisementOf, type Statement } from '#lib/ipfs/ipni/advertisement.ts'
import { blockOf } from '#lib/ipfs/ipni/block.ts'
import { entryChunksOf } from '#lib/ipfs/ipni/entries.ts'
import { identityOf } from '#lib/ipfs/ipni/identity.ts'
import { signedHead } from '#lib/ipfs/ipni/signed-head.ts'
import {
  type Advertisement,
  nodeOf,
  verifyAdvertisement,
  verifyHead,
} from '../../../support/indexer/verify.ts'

const seed = new Uint8Array(32).fill(7)
const identity = identityOf(seed)
const address = '/dns/voice.example/tcp/443/https'
const context = CID.parse('baguqeera4vd5tybgxaub4elwag6v7yhswhflfyopogr7r32b7dpt5mqfmmoq')
const previous = CID.parse('baguqeeralr4pwxvbcc6voioqyc6aneg4pkoh5rhrfj35gbhrpxpeavsh6vsa')

async function advertised(statement: Statement, before: CID | null = previous): Promise<Advertisement> {
  const { cid, body } = await advertisementOf(statement, { identity, address, previous: before })
  return nodeOf(cid, new Uint8Array(Buffer.from(body)))
}

const someCids = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const hash = Buffer.alloc(32)
    hash.writeUInt32BE(index)
    return CID.createV1(raw.code, Digest.create(sha256.code, hash))
  })

describe('the identity of a publisher', () => {
  it('is the one that libp2p makes from the same seed', async () => {
    const key = await generateKeyPairFromSeed('Ed25519', seed)
    expect(identity.peerId).toBe(peerIdFromPrivateKey(key).toString())
    expect(identity.peerId).toMatch(/^12D3KooW/)
    expect([...identity.publicKey]).toEqual([...publicKeyToProtobuf(key.publicKey)])
  })
})

describe('the verifier of these tests', () => {
  // Made by index-provider, in Go: https://github.com/web3-storage/ipni/tree/main/test/fixtures/ad-2
  const file = path.join(import.meta.dirname, '../../../fixtures/ipni/advertisement-of-go.json')
  const ofGo: Advertisement = parse(readFileSync(file, 'utf8'))

  it('takes an advertisement of the reference implementation', async () => {
    await verifyAdvertisement(ofGo)
  })

  it('refuses it once it is changed', async () => {
    await expect(verifyAdvertisement({ ...ofGo, IsRm: true })).rejects.toThrow('other content')
  })
})

describe('an advertisement', () => {
  it.each<[string, Statement, Partial<Advertisement>]>([
    [
      'of content',
      { type: 'add', context, entries: context },
      { Entries: context, IsRm: false, ContextID: context.bytes, Metadata: Uint8Array.of(0xa0, 0x12, 0) },
    ],
    [
      'of a removal',
      { type: 'remove', context },
      { IsRm: true, ContextID: context.bytes, Metadata: Uint8Array.of(0xa0, 0x12, 0) },
    ],
    [
      'of a new address',
      { type: 'move' },
      { IsRm: false, ContextID: new Uint8Array(), Metadata: new Uint8Array() },
    ],
  ])(
    '%s is signed, linked to the one before, and says what indexers read',
    async (_, statement, expected) => {
      const ad = await advertised(statement)
      await verifyAdvertisement(ad)
      expect(ad).toMatchObject({ Provider: identity.peerId, Addresses: [address], ...expected })
      expect(ad.PreviousID?.toString()).toBe(previous.toString())
      if (statement.type !== 'add') expect(ad.Entries.toString()).toBe('bafkreehdwdcefgh4dqkjv67uzcmw7oje')
    },
  )

  it('has no link where it is the first', async () => {
    const first = await advertised({ type: 'add', context, entries: context }, null)
    expect(first).not.toHaveProperty('PreviousID')
    await verifyAdvertisement(first)
  })
})

describe('the head', () => {
  it('is signed by the publisher', async () => {
    const head = signedHead(identity, previous.toString())
    expect(await verifyHead(Buffer.from(head))).toEqual({ head: previous, peerId: identity.peerId })
  })
})

describe('the entries', () => {
  it('have each multihash once, whatever codec its CIDs have', async () => {
    const [one, two] = someCids(2) as [CID, CID]
    const { cid, blocks } = await entryChunksOf([one, two, CID.createV1(0x70, one.multihash)])
    const [only] = blocks
    const { Entries } = await nodeOf<{ Entries: Uint8Array[] }>(
      cid,
      new Uint8Array(Buffer.from(only?.body ?? '')),
    )
    expect(Entries.map(String)).toEqual([one, two].map(({ multihash }) => String(multihash.bytes)))
  })

  it('are a chain of chunks far below 4 MB where there are many', async () => {
    const cids = someCids(5000)
    const { cid, blocks } = await entryChunksOf(cids)
    const bodies = new Map(blocks.map((block) => [block.cid.toString(), block.body]))
    const found = new Set<string>()
    let chunks = 0
    for (let at: CID | undefined = cid; at; chunks += 1) {
      const body: string = bodies.get(at.toString()) ?? ''
      expect(body.length).toBeLessThan(1024 ** 2)
      const node: { Entries: Uint8Array[]; Next?: CID } = parse(body)
      for (const bytes of node.Entries) found.add(Buffer.from(bytes).toString('hex'))
      at = node.Next
    }
    expect(chunks).toBe(3)
    expect(found.size).toBe(cids.length)
  })
})

describe('the multiaddr of a server', () => {
  it.each([
    ['https://voice.example', '/dns/voice.example/tcp/443/https'],
    ['https://voice.example:8443', '/dns/voice.example/tcp/8443/https'],
    ['http://127.0.0.1:3000', '/ip4/127.0.0.1/tcp/3000/http'],
    ['https://[2001:db8::1]', '/ip6/2001:db8::1/tcp/443/https'],
  ])('at %s is %s', (baseUrl, expected) => {
    expect(multiaddrOf(baseUrl)).toBe(expected)
  })
})

it('a block’s CID is that of its DAG-JSON', async () => {
  const { cid, body } = await blockOf({ b: 1, a: previous })
  expect(body).toBe(`{"a":{"/":"${previous}"},"b":1}`)
  expect(await nodeOf(cid, new Uint8Array(Buffer.from(body)))).toMatchObject({ b: 1 })
})
