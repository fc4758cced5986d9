import { CID } from 'multiformats'
import { describe, expect, it, onTestFinished } from 'vitest'
import { advertise } from '#lib/clips/advertise.ts'
import { createServices } from '#lib/composition.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { type GatewayWorld, openGateway } from '../../support/gateway-world.ts'
import { createHeliaClient } from '../../support/helia-client.ts'
import { type Indexer, startIndexer } from '../../support/indexer/indexer.ts'
import { freePort } from '../../support/servers/free-port.ts'
import { bytesOf, someContent } from '../ipfs/content.ts'

const { signal } = new AbortController()
let seeds = 1000

/** A service that publishes to an indexer of its own. */
async function publishing() {
  const indexer = await startIndexer()
  const PORT = String(await freePort())
  let aheadMs = 0
  const clock = { ...systemClock, now: () => systemClock.now() + aheadMs }
  const settings = { PUBLIC_BASE_URL: `http://127.0.0.1:${PORT}`, IPNI_INDEXER_URL: indexer.url }
  const world = await openGateway(
    { PORT, IPNI_ANNOUNCE: 'true', IPFS_PROVIDERS: 'embedded', ...settings },
    { clock },
  )
  onTestFinished(async () => {
    indexer.close()
    await world.close()
  })
  const later = (ms: number) => {
    aheadMs += ms
  }
  return { indexer, world, later }
}

/** A clip that the provider `embedded` has taken. */
async function keep({ services, record }: GatewayWorld, sizeBytes = 5000) {
  seeds += 1
  const content = await someContent(sizeBytes, seeds)
  await services.providers[0]?.upload(content, { signal })
  const clipId = await record(content)
  return { ...content, clipId }
}

/** Takes a clip out of the block store, as whatever deletes it does: the bytes and the pin. */
async function lose({ services }: GatewayWorld, { clipId, cid }: { clipId: string; cid: string }) {
  const [pin] = await services.catalog.pins.ofClip(clipId)
  await services.blockStore.delete(cid)
  if (pin)
    await services.catalog.pins.lose(pin, { at: services.clock.now(), replicateAt: services.clock.now() })
}

async function publish({ services }: GatewayWorld, indexer: Indexer) {
  await advertise(services)
  await indexer.settled()
}

async function expectFound(indexer: Indexer, content: IpfsContent) {
  const client = createHeliaClient({ routers: [indexer.url] })
  expect(await client.cat(CID.parse(content.cid))).toEqual(await bytesOf(content.file))
}

describe('what the provider embedded holds', () => {
  it('is found by its CID alone, by a client that knows a router only', async () => {
    const { indexer, world } = await publishing()
    const clip = await keep(world)
    await publish(world, indexer)
    await expectFound(indexer, clip)
  })

  it('is found by the CID of each of its blocks', async () => {
    const { indexer, world } = await publishing()
    const { cid } = await keep(world, 1_100_000)
    await publish(world, indexer)
    const kept = await world.services.blockStore.open(cid)
    const blocks = [cid, ...(kept?.dag.children ?? []).map((leaf) => leaf.cid.toString())]
    expect(blocks.map(indexer.knows)).toEqual([true, true, true])
    expect(indexer.ingested).toHaveLength(1)
  })

  it('is not found before it is advertised', async () => {
    const { indexer, world } = await publishing()
    const clip = await keep(world)
    await expect(expectFound(indexer, clip)).rejects.toThrow()
  })

  it('is advertised in one step for all that has come since, and announced once', async () => {
    const { indexer, world } = await publishing()
    const first = [await keep(world), await keep(world)]
    await publish(world, indexer)
    const later = await keep(world)
    await publish(world, indexer)
    await publish(world, indexer)
    expect(indexer.ingested).toHaveLength(2)
    expect(indexer.announcements).toBe(2)
    expect([...first, later].map(({ cid }) => indexer.knows(cid))).toEqual([true, true, true])
  })

  it('is found no more once it has left the block store, while all that shared its advertisement is', async () => {
    const { indexer, world } = await publishing()
    const [gone, left] = [await keep(world), await keep(world)]
    await publish(world, indexer)
    await lose(world, gone)
    await publish(world, indexer)
    expect(indexer.knows(gone.cid)).toBe(false)
    await expectFound(indexer, left)
  })

  it('is advertised again when it comes back', async () => {
    const { indexer, world } = await publishing()
    const clip = await keep(world)
    await publish(world, indexer)
    await lose(world, clip)
    await publish(world, indexer)
    await world.services.providers[0]?.upload(clip, { signal })
    await world.services.catalog.pins.add({
      clipId: clip.clipId,
      provider: 'embedded',
      cid: clip.cid,
      pinnedAt: Date.now(),
    })
    await publish(world, indexer)
    await expectFound(indexer, clip)
    const latecomer = await startIndexer()
    onTestFinished(latecomer.close)
    await announceTo(latecomer, world)
    expect(latecomer.knows(clip.cid)).toBe(true)
  })

  it('is advertised without what the disk has lost, and what cannot be read', async () => {
    const { indexer, world } = await publishing()
    const [missing, kept] = [await keep(world), await keep(world)]
    await world.services.blockStore.delete(missing.cid)
    await publish(world, indexer)
    expect([missing, kept].map(({ cid }) => indexer.knows(cid))).toEqual([false, true])
  })

  it('is advertised where it was stored before IPNI_ANNOUNCE was set', async () => {
    const { indexer, world } = await publishing()
    const { ipni, ...without } = world.services
    const clip = await keep(world)
    await advertise({ ...without, ipni: undefined })
    expect(await world.services.catalog.ipni.chain()).toBeUndefined()
    await publish({ ...world, services: { ...without, ipni } }, indexer)
    await expectFound(indexer, clip)
  })
})

/** Has `indexer` told of the chain. */
async function announceTo(indexer: Indexer, { services }: GatewayWorld) {
  const config = {
    ...services.config,
    ipni: { indexerUrl: indexer.url, baseUrl: services.config.publicBaseUrl },
  }
  const other = createServices(config as typeof services.config)
  const chain = await services.catalog.ipni.chain()
  const { peerId } = (await other.ipni?.identity()) ?? { peerId: '' }
  await other.ipni?.announce({ head: chain?.head ?? '', peerId }, { signal })
  await indexer.settled()
}

describe('the chain', () => {
  it('has each clip once, and no fork, where several processes advertise at once', async () => {
    const { indexer, world } = await publishing()
    const others = [createServices(world.services.config), createServices(world.services.config)]
    onTestFinished(async () => {
      for (const { catalog } of others) await catalog.close()
    })
    const clips = []
    for (let round = 0; round < 3; round += 1) {
      clips.push(await keep(world), await keep(world))
      await Promise.all([world.services, ...others].map(advertise))
    }
    await publish(world, indexer)
    expect(clips.map(({ cid }) => indexer.knows(cid))).toEqual(clips.map(() => true))
    expect(indexer.ingested).toHaveLength(3)
    expect(indexer.announcements).toBe(3)
  })

  it('goes on where it was after a crash in the middle of a step, which is then not in it', async () => {
    const { indexer, world } = await publishing()
    const first = await keep(world)
    await publish(world, indexer)
    const before = await world.services.catalog.ipni.chain()
    const second = await keep(world)
    const atWork = Promise.withResolvers<void>()
    const open = () => {
      atWork.resolve()
      return new Promise<never>(() => {})
    }
    const dying = {
      ...world.services,
      blockStore: { ...world.services.blockStore, open },
    }
    void advertise(dying)
    await atWork.promise
    expect(await world.services.catalog.ipni.chain()).toEqual(before)
    const restarted = createServices(world.services.config)
    onTestFinished(() => restarted.catalog.close())
    await advertise(restarted)
    await indexer.settled()
    await expectFound(indexer, first)
    await expectFound(indexer, second)
    expect((await restarted.ipni?.identity())?.peerId).toBe(before?.peerId)
  })

  it('tells indexers of a new address, even where no clip is new', async () => {
    const { indexer, world } = await publishing()
    const clip = await keep(world)
    await publish(world, indexer)
    const moved = await openGateway({
      PORT: String(await freePort()),
      TEMP_AUDIO_DIR: world.services.config.tempAudio.directory,
      IPFS_REPOSITORY_DIR: world.services.config.ipfs.repositoryDir,
    })
    onTestFinished(() => moved.close())
    const { config } = world.services
    const services = createServices({
      ...config,
      publicBaseUrl: moved.origin,
      ipni: { indexerUrl: indexer.url, baseUrl: moved.origin },
    })
    onTestFinished(() => services.catalog.close())
    // What answers at the new address has to publish, too.
    moved.services.ipni = services.ipni
    await advertise(services)
    await indexer.settled()
    const found = await fetch(`${indexer.url}/routing/v1/providers/${clip.cid}`)
    const port = new URL(moved.origin).port
    expect((await found.json()).Providers[0].Addrs).toEqual([`/ip4/127.0.0.1/tcp/${port}/http`])
    await expectFound(indexer, clip)
  })

  it('begins anew under another key', async () => {
    const { indexer, world } = await publishing()
    const clip = await keep(world)
    await publish(world, indexer)
    const { reuse } = world.services.config
    const services = createServices({
      ...world.services.config,
      reuse: { ...reuse, secret: 'another secret' },
    })
    onTestFinished(() => services.catalog.close())
    await advertise(services)
    const chain = await services.catalog.ipni.chain()
    expect(chain?.peerId).toBe((await services.ipni?.identity())?.peerId)
    expect(chain?.peerId).not.toBe((await world.services.ipni?.identity())?.peerId)
    expect(JSON.parse((await services.catalog.ipni.block(chain?.head ?? '')) ?? '')).not.toHaveProperty(
      'PreviousID',
    )
    expect(await services.catalog.ipni.due(10)).toEqual({ changes: [], neighbours: [] })
    expect(clip.cid).toBeTruthy()
  })
})

describe('an indexer', () => {
  it('that refuses or is away is told again, later each time, and then has everything', async () => {
    const { indexer, world, later } = await publishing()
    indexer.answerNext(403, 503)
    const clip = await keep(world)
    await publish(world, indexer)
    await publish(world, indexer)
    expect(indexer.announcements).toBe(1)
    expect(world.log).toContainEqual(
      expect.objectContaining({
        msg: 'The IPNI indexer was not told yet',
        error: 'The indexer answered 403: announce requests not allowed from peer',
      }),
    )
    later(1300)
    await publish(world, indexer)
    later(1300)
    await publish(world, indexer)
    expect(indexer.announcements).toBe(2)
    later(1300)
    await publish(world, indexer)
    expect(indexer.announcements).toBe(3)
    await expectFound(indexer, clip)
  })

  it('is told once a day even where nothing is new', async () => {
    const { indexer, world, later } = await publishing()
    await keep(world)
    await publish(world, indexer)
    later(25 * 3_600_000)
    await publish(world, indexer)
    expect(indexer.announcements).toBe(2)
    expect(indexer.ingested).toHaveLength(1)
  })
})

describe('GET /ipni/v1/ad', () => {
  it('answers the head afresh, and each block for good', async () => {
    const { indexer, world } = await publishing()
    const get = (name: string) => fetch(`${world.origin}/ipni/v1/ad/${name}`)
    expect((await get('head')).status).toBe(204)
    await keep(world)
    await publish(world, indexer)
    const head = await get('head')
    expect(Object.fromEntries(head.headers)).toMatchObject({
      'content-type': 'application/vnd.ipld.dag-json',
      'cache-control': 'no-cache, no-store, must-revalidate',
    })
    const block = await get((await head.json()).head['/'])
    expect(block.headers.get('cache-control')).toBe('public, max-age=29030400, immutable')
    expect((await get('bafkqaaa')).status).toBe(404)
    expect((await get('..%2fetc')).status).toBe(404)
  })

  it('answers 404 without IPNI_ANNOUNCE', async () => {
    const world = await openGateway()
    onTestFinished(() => world.close())
    const response = await fetch(`${world.origin}/ipni/v1/ad/head`)
    expect(response.status).toBe(404)
    expect((await response.json()).detail).toContain('IPNI_ANNOUNCE')
  })

  it('never shows the private key, nor is it logged', async () => {
    const { indexer, world } = await publishing()
    await keep(world)
    await publish(world, indexer)
    const seed = await world.services.keyedHash.hash(['ipni-identity'])
    const shown = JSON.stringify(world.log) + (await (await fetch(`${world.origin}/ipni/v1/ad/head`)).text())
    for (const form of [seed, Buffer.from(seed, 'hex').toString('base64').replace(/=+$/, '')])
      expect(shown).not.toContain(form)
  })
})
