import { open, readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { audit, readBackDue } from '#lib/clips/audit.ts'
import { replicate } from '#lib/clips/replicate.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { startGatewayProvider } from '../../support/gateway-provider.ts'
import { type GatewayWorld, openGateway } from '../../support/gateway-world.ts'
import { bytesOf, someContent } from '../ipfs/content.ts'

const HOUR_MS = 3_600_000
const signal = new AbortController().signal
let pinata: Awaited<ReturnType<typeof startGatewayProvider>>
let kubo: Awaited<ReturnType<typeof startGatewayProvider>>
let world: GatewayWorld
let now: number

beforeEach(async () => {
  pinata = await startGatewayProvider('pinata')
  kubo = await startGatewayProvider('kubo')
  now = Date.now()
  const clock = { now: () => now, random: () => 0.5, sleep: () => new Promise<void>(() => {}) }
  world = await openGateway({}, { providers: [pinata.provider, kubo.provider], clock })
})
afterEach(async () => {
  await world.close()
  await pinata.close()
  await kubo.close()
})

/** A clip that both providers hold, or only the first, and that they have delivered before unless it is new. */
async function store(
  content: IpfsContent,
  holders = [pinata, kubo],
  { isNew = false } = {},
): Promise<string> {
  const id = await world.record(content, { provider: 'pinata' })
  for (const { provider } of holders) {
    await provider.upload(content, { signal })
    await world.services.catalog.pins.add({
      clipId: id,
      provider: provider.name,
      cid: content.cid,
      pinnedAt: now,
      provenAt: isNew ? null : now,
    })
  }
  return id
}

const auditAll = () => audit(world.services, { limit: 10_000, before: now, signal })
const clips = (count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, index) => someContent(index === 10 ? 1_200_000 : 5000, index + 1)),
  )
const at = (results: Awaited<ReturnType<typeof audit>>, name: string) =>
  results.find(({ provider }) => provider === name)

describe('the audit', () => {
  it('finds and repairs every clip that a provider lost, five in a hundred, in one round', {
    timeout: 30_000,
  }, async () => {
    const contents = await clips(100)
    const ids = await Promise.all(contents.map((content) => store(content)))
    now += HOUR_MS
    const forgotten = contents.filter((_, index) => index % 20 === 10)
    for (const { cid } of forgotten) pinata.files.delete(cid)
    const results = await auditAll()
    expect(at(results, 'pinata')).toEqual({
      provider: 'pinata',
      checked: 100,
      delivered: 95,
      unknown: 0,
      lost: 5,
      repaired: 5,
    })
    expect(at(results, 'kubo')).toMatchObject({ checked: 100, delivered: 100, lost: 0 })
    for (const { cid, file } of forgotten) {
      expect(Buffer.compare(pinata.files.get(cid) as Uint8Array, await bytesOf(file))).toBe(0)
    }
    const reports = world.log.filter(({ msg }) =>
      String(msg).startsWith('A provider no longer delivers clips'),
    )
    expect(reports).toMatchObject([{ provider: 'pinata', lost: 5, repaired: 5 }])
    const counters = await world.services.catalog.counters.read()
    expect([counters.audit_lost?.pinata, counters.audit_repaired?.pinata]).toEqual([5, 5])
    now += HOUR_MS
    expect(at(await auditAll(), 'pinata')).toMatchObject({ checked: 100, delivered: 100, lost: 0 })
    for (const id of ids) {
      const pins = await world.services.catalog.pins.ofClip(id)
      expect(pins.map(({ provenAt, lostAt }) => [provenAt !== null, lostAt])).toEqual([
        [true, null],
        [true, null],
      ])
    }
  })

  it('counts a clip as lost where the gateway delivers wrong bytes', async () => {
    const content = await someContent(5000)
    await store(content)
    now += 2 * HOUR_MS
    pinata.files.set(content.cid, Buffer.from('something else'))
    expect(at(await auditAll(), 'pinata')).toMatchObject({ lost: 1, repaired: 1 })
    expect(pinata.files.get(content.cid)).toEqual(await bytesOf(content.file))
  })

  it('counts no clip as lost while the gateway is down, or while the clip is fresh', async () => {
    const [old, fresh] = (await clips(2)) as [IpfsContent, IpfsContent]
    await store(old)
    now += 2 * HOUR_MS
    await store(fresh, [pinata], { isNew: true })
    pinata.files.delete(fresh.cid)
    kubo.state.isDown = true
    const results = await auditAll()
    expect(at(results, 'pinata')).toMatchObject({ checked: 2, delivered: 1, unknown: 1, lost: 0 })
    expect(at(results, 'kubo')).toMatchObject({ checked: 1, unknown: 1, lost: 0 })
    expect(world.log.filter(({ level }) => level === 50)).toEqual([])
  })

  it('uploads a lost clip to another provider where its own does not take it again', async () => {
    const content = await someContent(5000)
    await pinata.provider.upload(content, { signal })
    const id = await world.record(content, { provider: 'pinata', hasLocalBytes: true })
    await world.services.store.put(id, content.file.stream())
    await auditAll()
    now += 2 * HOUR_MS
    pinata.files.clear()
    pinata.state.refuses = true
    expect(at(await auditAll(), 'pinata')).toMatchObject({ lost: 1, repaired: 0 })
    expect(await replicate(world.services, { limit: 1, signal, dueOnly: false })).toEqual({
      added: 1,
      failed: 0,
    })
    expect(kubo.files.has(content.cid)).toBe(true)
  })

  it('finds a clip again that its provider had lost and delivers later', async () => {
    const content = await someContent(5000)
    const id = await store(content, [pinata])
    now += 2 * HOUR_MS
    const files = new Map(pinata.files)
    pinata.files.clear()
    await auditAll()
    expect(await world.services.catalog.clips.find(id)).toMatchObject({ provider: null })
    expect(await world.services.catalog.pins.countUnproven()).toEqual({ unproven: 1, lost: 1 })
    for (const [cid, bytes] of files) pinata.files.set(cid, bytes)
    const all = { limit: 10, signal }
    expect(await replicate(world.services, { ...all, dueOnly: false })).toEqual({ added: 1, failed: 0 })
    now += 5000
    expect(await readBackDue(world.services, all)).toMatchObject([{ provider: 'kubo', delivered: 1 }])
    expect(await world.services.catalog.clips.find(id)).toMatchObject({
      provider: 'kubo',
      unprovenSince: null,
    })
  })

  it('reports a clip as lost where nobody has a copy', async () => {
    const content = await someContent(5000)
    await store(content, [pinata])
    now += 2 * HOUR_MS
    pinata.files.clear()
    expect(at(await auditAll(), 'pinata')).toMatchObject({ lost: 1, repaired: 0 })
    expect(world.log.some(({ msg }) => msg === 'A lost clip could not be repaired')).toBe(true)
  })

  it('checks each clip once an interval, least recently checked first, and no more than its limit', async () => {
    const contents = await clips(6)
    for (const content of contents) {
      now += 1000
      await store(content, [pinata])
    }
    now += 2 * HOUR_MS
    const some = (limit: number) => audit(world.services, { limit, before: now - HOUR_MS, signal })
    expect((await some(4))[0]?.checked).toBe(4)
    now += 1000
    expect((await some(4))[0]?.checked).toBe(2)
    expect(await some(4)).toEqual([])
    expect(pinata.requests).toBe(6)
  })

  it('checks our own repository, and repairs it from another copy', async () => {
    const local = await openGateway({ IPFS_GATEWAYS: kubo.provider.gatewayUrl })
    const content = await someContent(1_500_000)
    await local.services.providers[0]?.upload(content, { signal })
    await local.record(content)
    await kubo.provider.upload(content, { signal })
    const check = async () => {
      await sleep(2)
      return audit(local.services, { limit: 10, before: Date.now(), signal })
    }
    expect(await check()).toMatchObject([{ provider: 'embedded', delivered: 1, lost: 0 }])
    const shard = content.cid.slice(-3, -1)
    const file = await open(`${local.directory}/ipfs/clips/${shard}/${content.cid}.car`, 'r+')
    await file.write(Buffer.from([1, 2, 3, 4]), 0, 4, 500_000)
    await file.close()
    expect(await check()).toMatchObject([{ provider: 'embedded', lost: 1, repaired: 1 }])
    expect(await check()).toMatchObject([{ provider: 'embedded', delivered: 1, lost: 0 }])
    await local.close()
  })

  it.each(['EMFILE', 'EIO'])('loses no clip of our own repository by %s', async (code) => {
    const local = await openGateway()
    const content = await someContent(5000)
    await local.services.blockStore.put(content.cid, content.car.stream())
    const id = await local.record(content)
    await sleep(2)
    const blockStore = {
      ...local.services.blockStore,
      open: () => Promise.reject(Object.assign(new Error(`${code}: it cannot be read`), { code })),
    }
    const found = await audit({ ...local.services, blockStore }, { limit: 10, before: Date.now(), signal })
    expect(found).toMatchObject([{ provider: 'embedded', unknown: 1, lost: 0 }])
    expect(await local.services.catalog.clips.find(id)).toMatchObject({ provider: 'embedded' })
    await local.close()
  })

  it('keeps a damaged clip of our own repository as long as nobody has another copy', async () => {
    const local = await openGateway()
    const content = await someContent(5000)
    await local.services.blockStore.put(content.cid, content.car.stream())
    await local.record(content)
    const check = async () => {
      await sleep(2)
      return audit(local.services, { limit: 10, before: Date.now(), signal })
    }
    expect(await check()).toMatchObject([{ provider: 'embedded', delivered: 1 }])
    const place = `${local.directory}/ipfs/clips/${content.cid.slice(-3, -1)}/${content.cid}.car`
    const bytes = await readFile(place)
    bytes[3000] = (bytes[3000] as number) ^ 1
    await writeFile(place, bytes)
    expect(await check()).toMatchObject([{ provider: 'embedded', lost: 1, repaired: 0 }])
    expect(await readFile(place)).toEqual(bytes)
    expect(local.log.some(({ msg }) => msg === 'A lost clip could not be repaired')).toBe(true)
    await local.close()
  })
})
