import { CarWriter } from '@ipld/car'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { parseBuffer } from 'music-metadata'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { independentCid } from '../../support/content-id.ts'
import type { StubVendors, VendorName } from '../../support/stub-vendors.ts'
import { connectStubVendors, credentials, startStubVendors, statusFault } from '../../support/stub-vendors.ts'

let vendors: StubVendors

beforeAll(async () => {
  vendors = await startStubVendors()
})
afterEach(() => vendors.reset())
afterAll(() => vendors.close())

const bytes = new TextEncoder().encode('a clip')

async function carOf(content: Uint8Array, claimed = content) {
  const cid = CID.createV1(raw.code, await sha256.digest(claimed))
  const { writer, out } = CarWriter.create(cid)
  writer.put({ cid, bytes: content }).then(() => writer.close())
  return { cid: cid.toString(), car: new Blob(await Array.fromAsync(out, (chunk) => new Uint8Array(chunk))) }
}

async function speak(text = 'Hello there', headers: Record<string, string> = {}) {
  return fetch(`${vendors.urls.elevenlabs}/v1/text-to-speech/voice/stream?output_format=mp3_44100_128`, {
    method: 'POST',
    headers: {
      'xi-api-key': credentials.elevenLabsApiKey,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify({ text }),
  })
}

async function uploadToPinata(car: Blob, jwt: string = credentials.pinataJwt) {
  const form = new FormData()
  form.set('network', 'public')
  form.set('car', 'true')
  form.set('file', car, 'clip.car')
  return fetch(`${vendors.urls.pinata}/v3/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${jwt}` },
    body: form,
  })
}

const basic = Buffer.from(`${credentials.infuraProjectId}:${credentials.infuraProjectSecret}`).toString(
  'base64',
)
const kuboAuthorizations = {
  infura: `Basic ${basic}`,
  filebase: `Bearer ${credentials.filebaseToken}`,
  lighthouse: `Bearer ${credentials.lighthouseApiKey}`,
  kubo: credentials.kuboAuthorization,
} satisfies Partial<Record<VendorName, string>>

async function kubo(name: keyof typeof kuboAuthorizations, path: string, file?: Blob) {
  const form = new FormData()
  if (file) form.set('file', file, 'clip')
  const headers = { authorization: kuboAuthorizations[name] }
  return fetch(`${vendors.urls[name]}/api/v0/${path}`, {
    method: 'POST',
    headers,
    ...(file && { body: form }),
  })
}

describe('the voice', () => {
  it('speaks real MP3 whose length follows the text, different every time', async () => {
    const [first, second] = await Promise.all([speak('x'.repeat(100)), speak('x'.repeat(100))])
    expect(first.headers.get('content-type')).toBe('audio/mpeg')
    const audio = await first.bytes()
    const { format } = await parseBuffer(audio, { mimeType: 'audio/mpeg' }, { duration: true })
    expect(format.codec).toBe('MPEG 1 Layer 3')
    expect(format.duration).toBeCloseTo(6, 0)
    expect(await independentCid(audio)).not.toBe(await independentCid(await second.bytes()))
  })

  it('refuses a wrong key, a missing voice and too long a text in the vendor’s shape', async () => {
    const refused = await speak('Hello', { 'xi-api-key': 'wrong' })
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ detail: { status: 'invalid_api_key' } })
    const long = await speak('x'.repeat(10_001))
    expect(long.status).toBe(400)
    expect(await long.json()).toMatchObject({ detail: { status: 'max_character_limit_exceeded' } })
  })

  it('can break the stream in the middle and refuse at its concurrency limit', async () => {
    await vendors.next('elevenlabs', { kind: 'reset-mid-answer' })
    await expect(speak().then((response) => response.bytes())).rejects.toThrow()
    await vendors.speak({ concurrencyLimit: 1, chunkPauseMs: 20 })
    const statuses = await Promise.all([speak(), speak()].map(async (answer) => (await answer).status))
    expect(statuses.sort()).toEqual([200, 429])
  })
})

describe('the storage services', () => {
  it('take a CAR, hold the file in it and say so', async () => {
    const { cid, car } = await carOf(bytes)
    const pinata = await (await uploadToPinata(car)).json()
    expect(pinata.data.cid).toBe(cid)
    const web3 = await fetch(`${vendors.urls.web3storage}/car`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${credentials.web3StorageToken}`,
        'content-type': 'application/vnd.ipld.car',
      },
      body: car,
    })
    expect(await web3.json()).toMatchObject({ cid })
    for (const name of Object.keys(kuboAuthorizations) as (keyof typeof kuboAuthorizations)[]) {
      expect((await kubo(name, `pin/ls?arg=${cid}`)).status).toBe(500)
      expect(await (await kubo(name, 'dag/import?pin-roots=true', car)).text()).toContain(`{"/":"${cid}"}`)
      expect(await (await kubo(name, `pin/ls?arg=${cid}`)).json()).toMatchObject({ Keys: { [cid]: {} } })
    }
    for (const name of ['pinata', 'web3storage', 'infura', 'filebase', 'lighthouse', 'kubo'] as const) {
      expect(await vendors.holdings(name)).toEqual([{ cid, sizeBytes: bytes.length, uploads: 1 }])
      const gateway = await fetch(`${vendors.urls[name]}/ipfs/${cid}?filename=clip.mp3`)
      expect(await gateway.bytes()).toEqual(bytes)
    }
  })

  it('chunk a plain file as asked', async () => {
    const large = new Uint8Array(3 * 1024 ** 2).fill(7)
    const answer = await kubo(
      'kubo',
      'add?cid-version=1&raw-leaves=true&chunker=size-1048576',
      new Blob([large]),
    )
    expect(await answer.json()).toMatchObject({ Hash: await independentCid(large) })
  })

  it('refuse wrong credentials and a CAR whose blocks are not what they claim', async () => {
    const { car } = await carOf(bytes)
    expect((await uploadToPinata(car, 'wrong')).status).toBe(401)
    const forged = await carOf(new TextEncoder().encode('forged'), bytes)
    expect((await uploadToPinata(forged.car)).status).toBe(400)
    expect(await vendors.holdings('pinata')).toEqual([])
  })

  it('count doubles', async () => {
    const { car } = await carOf(bytes)
    await uploadToPinata(car)
    await uploadToPinata(car)
    expect(await vendors.holdings('pinata')).toMatchObject([{ uploads: 2 }])
  })
})

describe('faults', () => {
  it('come in order, then end', async () => {
    const { car } = await carOf(bytes)
    await vendors.next('pinata', statusFault(500), statusFault(429, { retryAfterSeconds: 7 }))
    expect((await uploadToPinata(car)).status).toBe(500)
    const limited = await uploadToPinata(car)
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await uploadToPinata(car)).status).toBe(200)
    const outcomes = (await vendors.requests({ vendor: 'pinata' })).map(({ status, fault }) => [
      status,
      fault,
    ])
    expect(outcomes).toEqual([
      [500, 'status'],
      [429, 'status'],
      [200, undefined],
    ])
  })

  it.each(['reset-before-body', 'reset-mid-body', 'wrong-cid', 'empty-body', 'html'] as const)(
    '%s stores nothing',
    async (kind) => {
      const { cid, car } = await carOf(bytes)
      await vendors.next('pinata', { kind })
      const text = await uploadToPinata(car)
        .then((response) => response.text())
        .catch(() => '')
      expect(text).not.toContain(cid)
      expect(await vendors.holdings('pinata')).toEqual([])
    },
  )

  it.each(['reset-after-storing', 'reset-mid-answer', 'truncated-json'] as const)(
    '%s loses the answer, not the content',
    async (kind) => {
      const { car } = await carOf(bytes)
      await vendors.next('pinata', { kind })
      await expect(uploadToPinata(car).then((response) => response.json())).rejects.toThrow()
      expect(await vendors.holdings('pinata')).toHaveLength(1)
    },
  )

  it('close the door and open it again at the same address', async () => {
    const { car } = await carOf(bytes)
    await vendors.always('pinata', { kind: 'refused' })
    await expect(uploadToPinata(car)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await vendors.heal()
    expect((await uploadToPinata(car)).status).toBe(200)
  })

  it('can be scripted from another process', async () => {
    const remote = await connectStubVendors(vendors.controlUrl)
    const { cid, car } = await carOf(bytes)
    await remote.always('pinata', statusFault(503))
    expect((await uploadToPinata(car)).status).toBe(503)
    await remote.heal('pinata')
    await uploadToPinata(car)
    expect(await remote.holdings('pinata')).toMatchObject([{ cid, uploads: 1 }])
    expect(await remote.content('pinata', cid)).toEqual(bytes)
    expect(await remote.content('pinata', 'unknown')).toBeUndefined()
    expect(await remote.requests({ vendor: 'pinata' })).toHaveLength(2)
  })
})

describe('a Kubo node', () => {
  it('takes commands by POST only, and does not know every path', async () => {
    const statusOf = async (path: string, method: string) => {
      const response = await fetch(`${vendors.urls.kubo}${path}`, { method })
      return [response.status, await response.text()]
    }
    expect(await statusOf('/api/v0/add', 'GET')).toEqual([405, '405 - Method Not Allowed\n'])
    expect(await statusOf('/api/v0/no/such', 'POST')).toEqual([404, '404 page not found\n'])
  })
})

describe('a pinning service', () => {
  const headers = { authorization: `Bearer ${credentials.pinningToken}` }
  const pin = (body: unknown) =>
    fetch(`${vendors.urls.pinning}/pins`, { method: 'POST', headers, body: JSON.stringify(body) })
  const list = async (query: string) =>
    (await fetch(`${vendors.urls.pinning}/pins?${query}`, { headers })).json()

  it('has a pin queued until somebody in the network has the content', async () => {
    const { cid, car } = await carOf(bytes)
    expect(await (await pin({ cid })).json()).toMatchObject({ status: 'queued', pin: { cid } })
    expect(await list(`cid=${cid}`)).toEqual({ count: 0, results: [] })
    await uploadToPinata(car)
    expect(await list(`cid=${cid}`)).toMatchObject({ count: 1, results: [{ status: 'pinned' }] })
    expect(await vendors.holdings('pinning')).toMatchObject([{ cid }])
  })

  it('takes the same CID twice as two requests, and refuses what is no pin', async () => {
    const { cid } = await carOf(bytes)
    const [first, second] = [await (await pin({ cid })).json(), await (await pin({ cid })).json()]
    expect(second.requestid).not.toBe(first.requestid)
    const origins = Array.from({ length: 21 }, (_, index) => `/ip4/192.0.2.${index}/tcp/4001`)
    for (const wrong of [{}, { cid: 'no' }, { cid, origins }, { cid, origins: ['node.test'] }])
      expect((await pin(wrong)).status).toBe(400)
  })
})

describe('a vendor', () => {
  it('can say that it has stored what it has not, and lose what it has', async () => {
    const { cid, car } = await carOf(bytes)
    await vendors.next('pinata', { kind: 'vanish' })
    expect((await (await uploadToPinata(car)).json()).data.cid).toBe(cid)
    expect(await vendors.holdings('pinata')).toEqual([])
    await uploadToPinata(car)
    await vendors.lose('pinata', cid)
    expect((await fetch(`${vendors.urls.pinata}/ipfs/${cid}`)).status).toBe(404)
  })
})
