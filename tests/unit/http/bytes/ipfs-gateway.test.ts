import { CarReader } from '@ipld/car'
import { CID } from 'multiformats'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { identity } from 'multiformats/hashes/identity'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packCar } from '#lib/ipfs/blocks/car.ts'
import { checkBlock } from '#lib/ipfs/blocks/car-reader.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { type GatewayWorld, openGateway } from '../../../support/gateway-world.ts'
import { createHeliaClient } from '../../../support/helia-client.ts'
import { bytesOf, openCar, someContent } from '../../ipfs/content.ts'

let world: GatewayWorld
let small: IpfsContent
let large: IpfsContent
let smallId: string
let leaves: string[]
const sizes = { small: 48_000, large: 2_500_000 }

beforeAll(async () => {
  world = await openGateway()
  small = await someContent(sizes.small, 7)
  large = await someContent(sizes.large, 8)
  const [provider] = world.services.providers
  for (const content of [small, large]) {
    await provider?.upload(content, { signal: new AbortController().signal })
    const id = await world.record(content)
    if (content === small) smallId = id
  }
  const kept = await world.services.blockStore.open(large.cid)
  leaves = (kept?.dag.children ?? []).map(({ cid }) => cid.toString())
})
afterAll(() => world.close())

const get = (path: string, init: RequestInit = {}) => fetch(`${world.origin}/ipfs/${path}`, init)
const blocksOf = async (response: Response) => {
  const car = await CarReader.fromBytes(await response.bytes())
  return (await Array.fromAsync(car.cids())).map(String)
}

describe('GET /ipfs of a clip as audio', () => {
  it('sends it whole, with the headers that caches and players need', async () => {
    const response = await get(small.cid)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-length': String(sizes.small),
      'cache-control': 'public, max-age=29030400, immutable',
      etag: `"${small.cid}"`,
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'x-ipfs-path': `/ipfs/${small.cid}`,
      'x-ipfs-roots': small.cid,
      'content-disposition': `inline; filename="${smallId}.mp3"`,
      'access-control-allow-origin': '*',
    })
    expect(await response.bytes()).toEqual(await bytesOf(small.file))
  })

  it.each([
    ['bytes=0-1', 0, 1],
    ['bytes=1048570-1048590', 1_048_570, 1_048_590],
    ['bytes=2499990-', 2_499_990, 2_499_999],
    ['bytes=-5', 2_499_995, 2_499_999],
    ['bytes=1000-2400000', 1000, 2_400_000],
  ])('sends the part for %s, also across blocks', async (range, start, end) => {
    const response = await get(large.cid, { headers: { range } })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/${sizes.large}`)
    expect(response.headers.get('content-length')).toBe(String(end - start + 1))
    const part = (await bytesOf(large.file)).subarray(start, end + 1)
    expect(Buffer.compare(await response.bytes(), part)).toBe(0)
  })

  it('answers 416 to a range outside of it', async () => {
    const response = await get(small.cid, { headers: { range: 'bytes=48000-' } })
    expect(response.status).toBe(416)
    expect(response.headers.get('content-range')).toBe('bytes */48000')
    expect(await response.json()).toMatchObject({ code: 'range_not_satisfiable' })
  })

  it('takes its file name from the query', async () => {
    const response = await get(`${small.cid}?filename=Grüße "1".mp3&download=true`)
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="Gr__e _1_.mp3"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.mp3`,
    )
    await response.body?.cancel()
  })

  it('finds it by its CID in any notation', async () => {
    const v0 = CID.parse(large.cid).toV0().toString(base58btc)
    const { cid } = small
    for (const asked of [v0, CID.parse(cid).toString(base36), cid.toUpperCase()]) {
      const response = await get(asked, { method: 'HEAD' })
      expect([asked, response.status]).toEqual([asked, 200])
      expect(response.headers.get('x-ipfs-path')).toBe(`/ipfs/${asked}`)
    }
  })

  it('does not mind a slash at the end', async () => {
    const response = await get(`${small.cid}/`, { method: 'HEAD' })
    expect([response.status, response.headers.get('x-ipfs-path')]).toEqual([200, `/ipfs/${small.cid}/`])
  })
})

describe('GET /ipfs as a trustless gateway', () => {
  it('sends the root and each leaf of a clip of several blocks', async () => {
    expect(leaves).toHaveLength(3)
    for (const cid of [large.cid, ...leaves]) {
      const response = await get(`${cid}?format=raw`)
      expect(response.status).toBe(200)
      checkBlock(CID.parse(cid), await response.bytes())
    }
  })

  it('sends a CAR in the order of the file', async () => {
    const response = await get(`${large.cid}?format=car`)
    const bytes = await response.bytes()
    expect(response.headers.get('content-type')).toBe(
      'application/vnd.ipld.car; version=1; order=dfs; dups=n',
    )
    expect(response.headers.get('content-length')).toBe(String(bytes.length))
    const opened = await openCar(bytes)
    expect(opened.roots).toEqual([large.cid])
    expect(opened.blocks.map(({ cid }) => cid)).toEqual([large.cid, ...leaves])
    expect(Buffer.compare(opened.file, await bytesOf(large.file))).toBe(0)
  })

  it.each([
    ['dag-scope=block', []],
    ['dag-scope=entity', [0, 1, 2]],
    ['dag-scope=all', [0, 1, 2]],
    ['entity-bytes=0:*', [0, 1, 2]],
    ['entity-bytes=0:0', [0]],
    ['entity-bytes=1048575:1048576', [0, 1]],
    ['entity-bytes=2100000:*', [2]],
    ['entity-bytes=-5:*', [2]],
    ['entity-bytes=1048576:-402849', [1]],
    ['entity-bytes=-9999999:*', [0, 1, 2]],
    ['entity-bytes=-9999999:-402849', [0, 1]],
    ['entity-bytes=9999999:*', []],
  ])('sends only the blocks that %s asks for', async (query, wanted) => {
    const response = await get(`${large.cid}?format=car&${query}`)
    expect(await blocksOf(response)).toEqual([large.cid, ...wanted.map((index) => leaves[index])])
  })

  it('sends a block that occurs twice as often as dups asks for', async () => {
    const half = new Uint8Array(1024 ** 2).fill(5)
    const file = new Blob([half, half])
    const content = { ...(await packCar(file)), file, fileName: 'twice.mp3', mimeType: 'audio/mpeg' }
    await world.services.providers[0]?.upload(content, { signal: new AbortController().signal })
    await world.record(content)
    expect(await (await get(content.cid)).bytes()).toEqual(await bytesOf(file))
    const twice = await get(content.cid, { headers: { accept: 'application/vnd.ipld.car; dups=y' } })
    expect(twice.headers.get('content-type')).toContain('dups=y')
    expect(await blocksOf(twice)).toHaveLength(3)
    expect(await blocksOf(await get(`${content.cid}?format=car&car-dups=n`))).toHaveLength(2)
  })

  it('answers 304 only to the ETag of the same form', async () => {
    const etagOf = (query: string) =>
      get(`${large.cid}${query}`, { method: 'HEAD' }).then((r) => r.headers.get('etag'))
    const etags = await Promise.all(
      ['', '?format=raw', '?format=car', '?format=car&dag-scope=block'].map(etagOf),
    )
    expect(new Set(etags).size).toBe(4)
    const again = (query: string, tag: string) =>
      get(`${large.cid}${query}`, { headers: { 'if-none-match': tag } })
    expect((await again('?format=raw', `"${large.cid}.raw"`)).status).toBe(304)
    expect((await again('?format=car', `W/"${large.cid}.car.all.n."`)).status).toBe(304)
    const other = await again('?format=raw', `"${large.cid}"`)
    expect(other.status).toBe(200)
    await other.body?.cancel()
  })

  it('sets Vary where the answer depends on Accept', async () => {
    const varies = async (query: string) => {
      const response = await get(`${small.cid}${query}`, { method: 'HEAD' })
      return response.headers.get('vary')
    }
    expect([await varies(''), await varies('?format=raw'), await varies('?format=car')]).toEqual([
      'Accept',
      null,
      'Accept',
    ])
  })

  it('lets a Helia client fetch and verify a clip', async () => {
    const helia = createHeliaClient({ gateways: [world.origin] })
    for (const { cid, file } of [small, large]) {
      expect(Buffer.compare(await helia.cat(CID.parse(cid)), await bytesOf(file))).toBe(0)
    }
    await expect(helia.cat(CID.parse((await someContent(100, 99)).cid))).rejects.toThrow()
  })
})

describe('GET /ipfs in the form that the caller wants', () => {
  const [raw, car] = ['application/vnd.ipld.raw', 'application/vnd.ipld.car']
  const file = 'audio/mpeg'
  const ofTheConnection = ['connection', 'date', 'keep-alive', 'transfer-encoding', 'x-request-id']

  it.each([
    ['*/*', file],
    ['text/html, application/xhtml+xml, */*;q=0.8', file],
    ['application/json, text/plain, */*', file],
    [`${raw};q=0.1, audio/*`, file],
    [`audio/*;q=0.1, ${raw}`, raw],
    [`*/*, ${raw}`, raw],
    [raw.toUpperCase(), raw],
    [`${car};q=0.5, ${raw};q=0.6`, raw],
    [`application/vnd.ipld.dag-json, ${raw};q=0.1`, raw],
    [`${car};version=2, ${raw};q=0.1`, raw],
    [`${car};version="1";dups="y"`, `${car}; version=1; order=dfs; dups=y`],
    [`${car};order=foo, ${car};order=dfs;dups=y;q=0.5`, `${car}; version=1; order=dfs; dups=y`],
    [`${car};order=;dups=`, `${car}; version=1; order=dfs; dups=n`],
  ])('reads Accept: %s', async (accept, type) => {
    const response = await get(small.cid, { method: 'HEAD', headers: { accept } })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
    expect(response.headers.get('vary')).toBe('Accept')
  })

  it.each([
    ['', {}, null, 'Accept'],
    ['?format=raw', {}, null, null],
    ['?format=car', {}, null, 'Accept'],
    ['?format=raw', { accept: '*/*' }, null, null],
    ['', { accept: raw }, '?format=raw', 'Accept'],
    ['?filename=a%20b.bin', { accept: raw }, '?filename=a+b.bin&format=raw', 'Accept'],
    ['?format=raw', { accept: car }, '?format=raw', null],
    ['', { accept: car }, '?format=car', 'Accept'],
    ['?dag-scope=block', { accept: `${car};dups=y` }, '?dag-scope=block&format=car&car-dups=y', 'Accept'],
    ['?format=car&car-dups=n', { accept: `${car};dups=y` }, '?format=car&car-dups=n', 'Accept'],
  ])('names in Content-Location what %j with %j asks for', async (query, headers, location, vary) => {
    const response = await get(`${small.cid}${query}`, { method: 'HEAD', headers })
    const own = location && `/ipfs/${small.cid}${location}`
    expect([response.headers.get('content-location'), response.headers.get('vary')]).toEqual([own, vary])
    if (!own) return
    const alone = await fetch(`${world.origin}${own}`, { method: 'HEAD' })
    expect(alone.headers.get('etag')).toBe(response.headers.get('etag'))
  })

  it.each<[string, () => string, Record<string, string>]>([
    ['a clip', () => large.cid, {}],
    ['a block', () => `${leaves[1]}?format=raw`, {}],
    ['a CAR', () => `${large.cid}?format=car&entity-bytes=0:9`, {}],
    ['what the caller has already', () => large.cid, { 'if-none-match': '*' }],
    ['what the caller does not expect', () => large.cid, { 'if-match': '"other"' }],
    ['an address that holds its content', () => 'bafkqabtimvwgy3yk?format=car', {}],
    ['nothing', () => '', {}],
    ['no CID', () => 'clip.mp3', {}],
    ['a form that is not served', () => `${large.cid}?format=tar`, {}],
    ['a path', () => `${large.cid}/clip.mp3`, {}],
    ['unknown content', () => 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', {}],
  ])('says the same to HEAD as to GET of %s', async (_, path, headers) => {
    const [told, got] = await Promise.all(
      ['HEAD', 'GET'].map(async (method) => {
        const response = await get(path(), { method, headers })
        const body = await response.bytes()
        const fields = Object.fromEntries(response.headers)
        for (const name of ofTheConnection) delete fields[name]
        return { status: response.status, fields, sizeBytes: body.length }
      }),
    )
    expect(told).toEqual({ ...got, sizeBytes: 0 })
    if (got?.status === 200) expect(got.fields['content-length']).toBe(String(got.sizeBytes))
  })
})

describe('GET /ipfs of content that is in the address', () => {
  const address = (text: string) =>
    CID.createV1(0x55, identity.digest(new TextEncoder().encode(text))).toString()

  it.each([
    ['format=raw', 'application/vnd.ipld.raw', 0],
    ['format=car', 'application/vnd.ipld.car; version=1; order=dfs; dups=n', 26],
  ])('answers the probe for %s', async (query, type, length) => {
    const response = await get(`bafkqaaa?${query}`)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
    expect(await response.bytes()).toHaveLength(length)
  })

  it.each(['', '&format=raw'])('sends it, to be saved under no name of the caller (%s)', async (form) => {
    const cid = address('@echo off')
    const response = await get(`${cid}?filename=setup.bat${form}`)
    expect(await response.text()).toBe('@echo off')
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${cid}.bin"`)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    const part = await get(cid, { headers: { range: 'bytes=1-4' } })
    expect([part.status, await part.text()]).toEqual([206, 'echo'])
  })

  it.each([
    ['more than 128 bytes', address('x'.repeat(129))],
    ['far more, which is no name of a file either', address('x'.repeat(3000))],
    ['no bytes', CID.createV1(0x70, identity.digest(new Uint8Array([8, 1]))).toString()],
  ])('has nothing at an address of %s', async (_, cid) => {
    expect((await get(cid)).status).toBe(404)
  })
})

describe('GET /ipfs with only-if-cached', () => {
  const onlyIfCached = { headers: { 'cache-control': 'Only-If-Cached' } }

  it('is 412 for a clip that others would have to deliver, and sends one that waits here', async () => {
    const elsewhere = await someContent(100, 51)
    await world.record(elsewhere, { provider: 'pinata' })
    for (const method of ['GET', 'HEAD']) {
      const response = await get(elsewhere.cid, { ...onlyIfCached, method })
      expect([method, response.status]).toEqual([method, 412])
    }
    const waiting = await someContent(100, 52)
    await world.record(waiting, { provider: 'pinata', hasLocalBytes: true })
    expect((await get(waiting.cid, { ...onlyIfCached, method: 'HEAD' })).status).toBe(200)
    expect((await get(small.cid, { ...onlyIfCached, method: 'HEAD' })).status).toBe(200)
  })
})

describe('GET /ipfs refuses', () => {
  it.each([
    ['an invalid CID', 'not-a-cid', {}, 400, 'invalid_request'],
    [
      'content that was never stored',
      'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
      {},
      404,
      'not_found',
    ],
    ['a path below a file', () => `${small.cid}/index.html`, {}, 404, 'not_found'],
    ['no CID at all', '', {}, 400, 'invalid_request'],
    ['a format that it does not serve', () => `${small.cid}?format=tar`, {}, 406, 'not_acceptable'],
    ['an unknown format', () => `${small.cid}?format=constructor`, {}, 400, 'invalid_request'],
    ['the record of a name', () => `${small.cid}?format=ipns-record`, {}, 400, 'invalid_request'],
    [
      'the record of a name in Accept',
      () => small.cid,
      { accept: 'application/vnd.ipfs.ipns-record' },
      400,
      'invalid_request',
    ],
    [
      'another version of CAR in Accept',
      () => `${small.cid}?format=car`,
      { accept: 'application/vnd.ipld.car;version=2' },
      406,
      'not_acceptable',
    ],
    ['JSON in Accept', () => small.cid, { accept: 'application/json' }, 406, 'not_acceptable'],
    ['another version of CAR', () => `${small.cid}?format=car&car-version=2`, {}, 400, 'invalid_request'],
    ['an unknown dag-scope', () => `${small.cid}?format=car&dag-scope=x`, {}, 400, 'invalid_request'],
    ['malformed entity-bytes', () => `${small.cid}?format=car&entity-bytes=1-2`, {}, 400, 'invalid_request'],
    ['reversed entity-bytes', () => `${small.cid}?format=car&entity-bytes=9:2`, {}, 400, 'invalid_request'],
    ['a service worker', () => small.cid, { 'service-worker': 'script' }, 400, 'invalid_request'],
    ['an empty CID', '%20', {}, 400, 'invalid_request'],
  ])('%s', async (_, path, headers, status, code) => {
    const response = await get(typeof path === 'string' ? path : path(), { headers })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code, status })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
})
