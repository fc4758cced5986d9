import { rm } from 'node:fs/promises'
import { CID } from 'multiformats'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { independentCid } from '../support/content-id.ts'
import { createHeliaClient } from '../support/helia-client.ts'
import { startIndexer } from '../support/indexer/indexer.ts'
import { quick } from '../support/operator.ts'
import { cleanUpServices, type Service, startService } from '../support/service.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors } from '../support/world.ts'

afterAll(cleanUpServices)

const embedded = { ...quick, SPEECH_PROVIDER: 'local', IPFS_PROVIDERS: 'embedded' }

async function play(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers })
  return { response, bytes: await response.bytes() }
}

async function expectVerified(service: Service, data: { audioUrl: string; cid: string; bytes: number }) {
  const { response, bytes } = await play(data.audioUrl)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'audio/mpeg',
    'content-length': String(data.bytes),
    etag: `"${data.cid}"`,
    'cache-control': 'public, max-age=29030400, immutable',
  })
  expect(await independentCid(bytes)).toBe(data.cid)
  const helia = createHeliaClient({ gateways: [service.baseUrl] })
  expect(await helia.cat(CID.parse(data.cid))).toEqual(bytes)
}

describe('the repository of our own', () => {
  let service: Service
  beforeAll(async () => {
    service = await startService({ environment: embedded })
  })

  it('gives a permanent address that anyone can verify, also after a crash and without the temporary store', async () => {
    const { body } = await service.vocalize({ text: 'For good', voiceId: 'slt' })
    const { id, cid, audioUrl } = body.data
    expect(body.data).toMatchObject({ isTemporary: false, provider: 'embedded', ipfsHash: cid })
    expect(audioUrl).toBe(`${service.baseUrl}/ipfs/${cid}?filename=${id}.mp3`)
    await expectVerified(service, body.data)
    const here = await service.fetch(`/api/temp-audio/${id}`)
    // Caches share this answer: it names no origin that a caller said.
    expect(here.headers.get('link')).toBe(`<${audioUrl.slice(service.baseUrl.length)}>; rel="canonical"`)
    await here.body?.cancel()

    await service.kill()
    await rm(`${service.directory}/audio`, { recursive: true })
    await service.restart()
    await expectVerified(service, body.data)
    const part = await play(audioUrl, { range: 'bytes=0-1' })
    expect([part.response.status, part.bytes.length]).toEqual([206, 2])
  })

  it('is no proxy for anything else', async () => {
    const response = await service.fetch('/ipfs/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
    expect([response.status, (await response.json()).code]).toEqual([404, 'not_found'])
    const name = await service.fetch('/ipns/k51qzi5uqu5dlkw8pxuw9qmqayfdeh4kfebhmreauqdc6a7c3y7d5i9fi8mk9w')
    expect(name.status).toBe(404)
    const preflight = await service.fetch('/ipfs/bafkqaaa', {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example' },
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Range')
    const post = await service.fetch('/ipfs/bafkqaaa', { method: 'POST' })
    expect(post.status).toBe(405)
  })

  it('tells the address that the service has today, of a CDN where there is one', async () => {
    const { body } = await service.vocalize()
    const { id, cid } = body.data
    await service.stop()
    await service.restart({ PUBLIC_BASE_URL: 'https://voice.example' })
    const told = async () => (await (await service.fetch(`/api/clips/${id}`)).json()).data.permanentUrl
    expect(await told()).toBe(`https://voice.example/ipfs/${cid}?filename=${id}.mp3`)
    await service.stop()
    await service.restart({ CDN_BASE_URL: 'https://cdn.example' })
    expect(await told()).toBe(`https://cdn.example/ipfs/${cid}?filename=${id}.mp3`)
    expect((await service.vocalize()).body.data.audioUrl).toMatch(/^https:\/\/cdn\.example\/ipfs\//)
  })

  it('lets a client that knows nothing but an indexer find and verify a clip by its CID, with IPNI_ANNOUNCE', async () => {
    const indexer = await startIndexer()
    onTestFinished(() => indexer.close())
    const { body } = await service.vocalize()
    const cid = CID.parse(body.data.cid)
    await service.stop()
    await service.restart({
      IPNI_ANNOUNCE: 'true',
      CDN_BASE_URL: '',
      PUBLIC_BASE_URL: service.baseUrl,
      IPNI_INDEXER_URL: indexer.url,
    })
    await until('the indexer to know the clip', () => indexer.knows(body.data.cid), { timeoutMs: 30_000 })
    await indexer.settled()
    const client = createHeliaClient({ routers: [indexer.url] })
    const { bytes } = await play(`${service.baseUrl}/ipfs/${cid}`)
    expect(await client.cat(cid)).toEqual(bytes)
    await service.stop()
  })
})

describe('our own gateway before a provider', () => {
  const world = useVendors()

  it('IPFS_GATEWAY_URL=self fetches what the provider holds, and verifies it', async () => {
    const service = await startService({
      environment: {
        ...quick,
        ...environmentFor(world.vendors),
        IPFS_GATEWAY_URL: 'self',
        IPFS_GATEWAYS: 'http://127.0.0.1:9',
      },
    })
    const { body } = await service.vocalize()
    expect(body.data).toMatchObject({ isTemporary: false, provider: 'pinata' })
    expect(body.data.audioUrl).toMatch(`${service.baseUrl}/ipfs/${body.data.cid}`)
    await service.kill()
    await rm(`${service.directory}/audio`, { recursive: true })
    await service.restart()
    await expectVerified(service, body.data)
    const fetched = await world.vendors.requests({ vendor: 'pinata', endpoint: 'gateway' })
    expect(fetched.map(({ status }) => status)).toEqual([200])
    await service.stop()
  })
})
