import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { legacyCid, packCar } from '../../lib/ipfs/blocks/car.ts'
import type { IpfsContent } from '../../lib/ipfs/blocks/content.ts'
import { canonicalCid } from '../../lib/ipfs/blocks/parse-cid.ts'
import { createKuboProvider } from '../../lib/ipfs/providers/kubo.ts'
import { startIpfsNode, startWithoutDagImport } from './node.ts'

// Run with `npm run test:ipfs-node`, which installs the node first.
const MEBIBYTE = 1024 ** 2
const signal = AbortSignal.timeout(60_000)

async function someContent(sizeBytes: number): Promise<IpfsContent> {
  const file = new Blob([crypto.getRandomValues(new Uint8Array(1024))])
  const repeated = new Blob(Array(Math.ceil(sizeBytes / 1024)).fill(file)).slice(0, sizeBytes)
  const marked = new Blob([new Uint32Array([sizeBytes]), repeated.slice(4)])
  return { ...(await packCar(marked)), file: marked, fileName: 'clip.mp3', mimeType: 'audio/mpeg' }
}

describe('a real IPFS node', () => {
  let node: Awaited<ReturnType<typeof startIpfsNode>>
  before(async () => {
    node = await startIpfsNode()
  })
  after(() => node.stop())

  const providerAt = (url: string) =>
    createKuboProvider({ url, gatewayUrl: node.gatewayUrl, now: () => Date.now(), onNote: () => {} })

  async function assertServed({ cid, file }: { cid: string; file: Blob }) {
    const response = await fetch(`${node.gatewayUrl}/ipfs/${cid}?filename=clip.mp3`, { signal })
    assert.equal(response.status, 200)
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from(await file.arrayBuffer()))
  }

  for (const sizeBytes of [1024, 3 * MEBIBYTE, 3 * MEBIBYTE + 1]) {
    it(`imports a clip of ${sizeBytes} bytes, pins it and serves its bytes`, async () => {
      const content = await someContent(sizeBytes)
      const provider = providerAt(node.rpcUrl)
      assert.equal(await provider.holds(content.cid, { signal }), false)
      assert.deepEqual(await provider.upload(content, { signal }), { cid: content.cid })
      assert.equal(await provider.holds(content.cid, { signal }), true)
      await assertServed(content)
    })
  }

  it('takes a clip twice', async () => {
    const content = await someContent(10_000)
    const provider = providerAt(node.rpcUrl)
    await provider.upload(content, { signal })
    assert.deepEqual(await provider.upload(content, { signal }), { cid: content.cid })
  })

  it('gives the same CID to a plain file where CARs are not imported', async () => {
    const front = await startWithoutDagImport(node.rpcUrl)
    try {
      const content = await someContent(3 * MEBIBYTE)
      assert.deepEqual(await providerAt(front.url).upload(content, { signal }), { cid: content.cid })
      assert.equal(await providerAt(node.rpcUrl).holds(content.cid, { signal }), true)
      await assertServed(content)
    } finally {
      front.stop()
    }
  })

  it('gives a plain file the older CID when it may chunk as it likes', async () => {
    const { file } = await someContent(3 * MEBIBYTE)
    const body = new FormData()
    body.append('file', file, 'clip.mp3')
    const url = `${node.rpcUrl}/api/v0/add?cid-version=1&raw-leaves=true`
    const response = await fetch(url, { method: 'POST', body, signal })
    const answer = (await response.json()) as { Hash: string }
    assert.equal(canonicalCid(answer.Hash), await legacyCid(file))
    await assertServed({ cid: answer.Hash, file })
  })
})
