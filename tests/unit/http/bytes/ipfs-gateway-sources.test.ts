import { mkdir, readdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { packCar } from '#lib/ipfs/blocks/car.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { type GatewayWorld, openGateway } from '../../../support/gateway-world.ts'
import { until } from '../../../support/until.ts'
import { bytesOf, someContent } from '../../ipfs/content.ts'
import { type Handler, startServer } from '../../ipfs/providers/faulty-server.ts'

const signal = new AbortController().signal
let small: IpfsContent
let large: IpfsContent
const closers: (() => Promise<void>)[] = []

beforeAll(async () => {
  small = await someContent(48_000, 21)
  large = await someContent(2_500_000, 22)
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function open(environment: Record<string, string> = {}): Promise<GatewayWorld> {
  const world = await openGateway(environment)
  closers.push(() => world.close())
  return world
}

/** A gateway that does as `handler` says, and what it was asked for. */
async function gateway(handler: Handler) {
  const asked: string[] = []
  const server = await startServer((request, response) => {
    asked.push(request.url ?? '')
    handler(request, response)
  })
  closers.push(() => server.close())
  return { url: server.url, asked }
}

const answer = (type: string, body: Uint8Array | Blob, status = 200): Handler => {
  return async (_, response) => {
    const bytes = body instanceof Blob ? await bytesOf(body) : body
    response.writeHead(status, { 'content-type': type }).end(bytes)
  }
}
const nothing = (status: number) => answer('text/plain', Buffer.from('sorry'), status)

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[at] = (copy[at] as number) ^ 0x40
  return copy
}

/** A world in which other gateways have `content`, and answer by `handlers`, in that order. */
async function remoteClip(
  content: IpfsContent,
  handlers: Handler[],
  environment: Record<string, string> = {},
) {
  const gateways = await Promise.all(handlers.map((handler) => gateway(handler)))
  const world = await open({ IPFS_GATEWAYS: gateways.map(({ url }) => url).join(','), ...environment })
  const id = await world.record(content, { provider: 'pinata' })
  const get = (query = '', init?: RequestInit) => fetch(`${world.origin}/ipfs/${content.cid}${query}`, init)
  return { world, gateways, get, id }
}

async function keptIn({ directory }: GatewayWorld): Promise<string[]> {
  const place = path.join(directory, 'ipfs')
  await mkdir(place, { recursive: true })
  const names = await readdir(place, { recursive: true, withFileTypes: true })
  return names.filter((entry) => entry.isFile()).map(({ name }) => name)
}

describe('GET /ipfs of a clip that only other gateways have', () => {
  it.each<[string, () => IpfsContent, (content: IpfsContent) => Handler]>([
    [
      'one block from a gateway that serves blocks',
      () => small,
      ({ file }) => answer('application/vnd.ipld.raw', file),
    ],
    [
      'one block from a gateway that serves only files',
      () => small,
      ({ file }) => answer('audio/mpeg', file),
    ],
    [
      'several blocks from a gateway that serves CARs',
      () => large,
      ({ car }) => answer('application/vnd.ipld.car', car),
    ],
    [
      'several blocks from a gateway that serves only files',
      () => large,
      ({ file }) => answer('audio/mpeg', file),
    ],
    [
      'several blocks from a gateway that refuses CARs',
      () => large,
      ({ file }) =>
        (request, response) =>
          (request.url?.includes('format=') ? nothing(406) : answer('audio/mpeg', file))(request, response),
    ],
  ])('fetches %s', async (_, contentOf, handlerFor) => {
    const content = contentOf()
    const { get, gateways } = await remoteClip(content, [handlerFor(content)])
    const response = await get()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'audio/mpeg'])
    expect(Buffer.compare(await response.bytes(), await bytesOf(content.file))).toBe(0)
    const asked = gateways[0]?.asked.length
    const part = await get('', { headers: { range: 'bytes=10-19' } })
    expect(await part.bytes()).toEqual((await bytesOf(content.file)).slice(10, 20))
    expect(gateways[0]?.asked).toHaveLength(asked as number)
  })

  it('fetches every form of it from another Voicepin', async () => {
    const other = await open()
    await other.services.providers[0]?.upload(large, { signal })
    await other.record(large)
    const world = await open({ IPFS_GATEWAYS: other.origin })
    await world.record(large, { provider: 'pinata' })
    const [mine, theirs] = (await Promise.all(
      [world, other].map(async ({ origin }) =>
        (await fetch(`${origin}/ipfs/${large.cid}?format=car`)).bytes(),
      ),
    )) as [Uint8Array, Uint8Array]
    expect(Buffer.compare(mine, theirs)).toBe(0)
    const leaf = String((await world.services.blockCache.open(large.cid))?.dag.children[1]?.cid)
    expect((await fetch(`${world.origin}/ipfs/${leaf}?format=raw`)).status).toBe(200)
  })

  it('fetches nothing to answer HEAD of the file or of its only block', async () => {
    const { get, gateways } = await remoteClip(small, [answer('audio/mpeg', small.file)])
    for (const query of ['', '?format=raw']) {
      const response = await get(query, { method: 'HEAD' })
      expect([query, response.status]).toEqual([query, 200])
      expect(response.headers.get('content-length')).toBe(String(small.file.size))
    }
    expect(gateways[0]?.asked).toEqual([])
  })

  it('fetches it once for many requests at the same time', async () => {
    const { get, gateways } = await remoteClip(small, [answer('audio/mpeg', small.file)])
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => get().then((response) => response.bytes())),
    )
    for (const bytes of answers) expect(Buffer.compare(bytes, await bytesOf(small.file))).toBe(0)
    expect(gateways[0]?.asked).toHaveLength(1)
  })

  it('takes it from the temporary store as long as that has it', async () => {
    const world = await open()
    const id = await world.record(large, { provider: 'pinata', hasLocalBytes: true })
    await world.services.store.put(id, large.file.stream())
    const response = await fetch(`${world.origin}/ipfs/${large.cid}`)
    expect(Buffer.compare(await response.bytes(), await bytesOf(large.file))).toBe(0)
  })

  it('asks for it by the CID of a provider that chunks in its own way', async () => {
    const legacy = await packCar(large.file, { as: 'legacy' })
    const { url, asked } = await gateway((request, response) =>
      (request.url?.includes(legacy.cid) ? answer('audio/mpeg', large.file) : nothing(404))(
        request,
        response,
      ),
    )
    const world = await open({ IPFS_GATEWAYS: url })
    await world.record(large, { provider: 'pinata', ipfsHash: legacy.cid })
    for (const cid of [large.cid, legacy.cid]) {
      const response = await fetch(`${world.origin}/ipfs/${cid}`)
      expect(response.headers.get('etag')).toBe(`"${cid}"`)
      expect(Buffer.compare(await response.bytes(), await bytesOf(large.file))).toBe(0)
      const car = await fetch(`${world.origin}/ipfs/${cid}?format=car`)
      expect((await car.bytes()).length).toBeGreaterThan(2_500_000)
    }
    expect(asked).toHaveLength(1)
  })

  it('does not fetch it for HEAD, nor for only-if-cached', async () => {
    const { get, gateways } = await remoteClip(small, [answer('audio/mpeg', small.file)])
    const head = await get('', { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '48000'])
    const local = { headers: { 'cache-control': 'only-if-cached' } }
    expect((await get('', local)).status).toBe(412)
    expect(gateways[0]?.asked).toEqual([])
    await (await get()).bytes()
    expect((await get('', local)).status).toBe(200)
  })
})

type Lie = (content: IpfsContent, request: IncomingMessage, response: ServerResponse) => Promise<void> | void

describe('GET /ipfs with another gateway that fails', () => {
  const isCar = (request: IncomingMessage) => request.url?.includes('format=car')
  const lies: [string, Lie][] = [
    [
      'changes one bit of the file',
      async ({ file }, ...rest) => answer('audio/mpeg', flipped(await bytesOf(file), 40_000))(...rest),
    ],
    [
      'changes one bit of a CAR',
      async ({ car }, ...rest) =>
        answer('application/vnd.ipld.car', flipped(await bytesOf(car), 40_000))(...rest),
    ],
    [
      'sends other audio',
      async (_, ...rest) => answer('audio/mpeg', (await someContent(48_000, 50)).file)(...rest),
    ],
    [
      'sends the CAR of other audio',
      async (_, ...rest) => answer('application/vnd.ipld.car', (await someContent(48_000, 50)).car)(...rest),
    ],
    ['breaks off', async ({ file }, ...rest) => answer('audio/mpeg', file.slice(0, -1))(...rest)],
    [
      'breaks off a CAR',
      async ({ car }, ...rest) => answer('application/vnd.ipld.car', car.slice(0, car.size - 9))(...rest),
    ],
    [
      'sends more than there is',
      async ({ file }, ...rest) => answer('audio/mpeg', new Blob([file, 'more']))(...rest),
    ],
    ['sends a page', (_, ...rest) => answer('text/html', Buffer.from('<h1>Welcome</h1>'))(...rest)],
    ['sends nothing', (_, ...rest) => answer('audio/mpeg', new Uint8Array())(...rest)],
    [
      'never ends',
      (_, request, response) => {
        response.writeHead(200, {
          'content-type': isCar(request) ? 'application/vnd.ipld.car' : 'audio/mpeg',
        })
        const timer = setInterval(() => response.write(Buffer.alloc(1024 ** 2, 1)), 1)
        response.on('close', () => clearInterval(timer))
      },
    ],
  ]

  it.each(lies)(
    'never passes on the wrong content of one that %s, and takes that of the next one',
    async (_, lie) => {
      for (const content of [small, large]) {
        const liar: Handler = (request, response) => void lie(content, request, response)
        const { get, world } = await remoteClip(content, [liar, answer('audio/mpeg', content.file)])
        const response = await get()
        expect(response.status).toBe(200)
        expect(Buffer.compare(await response.bytes(), await bytesOf(content.file))).toBe(0)
        const wrong = world.log.filter(({ msg }) => msg === 'A gateway answered with wrong bytes')
        expect(wrong).toHaveLength(1)
        expect(await keptIn(world)).toEqual(expect.arrayContaining([`${content.cid}.car`]))
      }
    },
  )

  it.each(lies)('answers 504 without a byte where the only one %s', async (_, lie) => {
    for (const content of [small, large]) {
      const liar: Handler = (request, response) => void lie(content, request, response)
      const { get, world } = await remoteClip(content, [liar])
      const response = await get()
      expect(response.status).toBe(504)
      expect(await response.json()).toMatchObject({ code: 'content_unreachable' })
      expect(await keptIn(world)).toEqual([])
    }
  })

  it('does not wait for it', async () => {
    const { get, gateways } = await remoteClip(small, [() => {}, answer('audio/mpeg', small.file)])
    const startedAt = performance.now()
    expect((await get()).status).toBe(200)
    expect(performance.now() - startedAt).toBeLessThan(3000)
    expect(gateways[0]?.asked).toHaveLength(1)
  })

  it.each([404, 429, 500, 503])('asks the next one after a %d', async (status) => {
    const { get } = await remoteClip(small, [nothing(status), answer('audio/mpeg', small.file)])
    expect((await get()).status).toBe(200)
  })
})

describe('the block cache of the gateway', () => {
  it('stays within its size by evicting the least recently used clips', async () => {
    const clips = await Promise.all([1, 2, 3, 4].map((seed) => someContent(100_000, seed)))
    const { url, asked } = await gateway((request, response) => {
      const found = clips.find(({ cid }) => request.url?.includes(cid))
      return (found ? answer('audio/mpeg', found.file) : nothing(404))(request, response)
    })
    let now = Date.now()
    const clock = { now: () => now, random: () => 0.5, sleep: () => new Promise<void>(() => {}) }
    const world = await openGateway({ IPFS_GATEWAYS: url, IPFS_CACHE_MAX_BYTES: '310000' }, { clock })
    closers.push(() => world.close())
    for (const content of clips) await world.record(content, { provider: 'pinata' })
    const play = async (index: number) => {
      now += 120_000
      const response = await fetch(`${world.origin}/ipfs/${clips[index]?.cid}`)
      expect(Buffer.compare(await response.bytes(), await bytesOf(clips[index]?.file as Blob))).toBe(0)
    }
    for (const index of [0, 1, 2, 0, 3]) await play(index)
    expect(asked).toHaveLength(4)
    const kept = () => keptIn(world).then((names) => clips.map(({ cid }) => names.includes(`${cid}.car`)))
    await until('room', async () => (await kept()).filter(Boolean).length === 3)
    expect(await kept()).toEqual([true, false, true, true])
    await play(1)
    expect(asked).toHaveLength(5)
  })

  it('finds a clip again by its blocks after the clip was evicted', async () => {
    const { get, world, gateways } = await remoteClip(
      large,
      [answer('application/vnd.ipld.car', large.car)],
      {
        IPFS_CACHE_MAX_BYTES: '1',
      },
    )
    const whole = await get()
    expect([whole.status, (await whole.bytes()).length]).toEqual([200, 2_500_000])
    const leaf = String((await world.services.blockCache.open(large.cid))?.dag.children[2]?.cid)
    const other = await someContent(10, 77)
    await world.services.blockCache.put(other.cid, other.car.stream())
    expect(await world.services.blockCache.open(leaf)).toBeNull()
    const response = await fetch(`${world.origin}/ipfs/${leaf}?format=raw`)
    expect(response.status).toBe(200)
    expect(gateways[0]?.asked).toHaveLength(2)
  })
})
