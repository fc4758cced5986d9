import { describe, expect, it } from 'vitest'
import { runMaintenance } from '#lib/background/tasks.ts'
import { audit } from '#lib/clips/audit.ts'
import { freeDiskSpace, reserveBytes } from '#lib/clips/byte-budget.ts'
import { openClip } from '#lib/clips/open-clip.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { GatewayError } from '#lib/ipfs/blocks/fetch-content.ts'
import { newClipId } from '#lib/model/clip.ts'
import { FakeProvider, type GatewayBehaviour, refused, unavailable } from '../../support/fake-provider.ts'
import { readBack, speak, type TestServices, testServices } from '../../support/services.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const signal = new AbortController().signal
const keep = { environment: { CLEANUP_INTERVAL_SECONDS: '300', AUDIT_INTERVAL_HOURS: '1' } }

/** The service by itself for `minutes`: what its timers do, with `each` called every five minutes. */
async function live(world: TestServices, minutes: number, each: () => Promise<void> = async () => {}) {
  for (let passed = 0; passed < minutes; passed += 5) {
    await world.clock.advance(5 * MINUTE_MS)
    await readBack(world)
    await world.clock.until(runMaintenance(world.services))
    await each()
  }
}

/** Whether the temporary URL of a clip leads to its bytes: here, or at a provider that delivers them. */
async function isListenable({ services, providers }: TestServices, id: string): Promise<boolean> {
  const opened = await openClip(services, id)
  if (opened.from === 'here') return (await opened.read()) !== null
  const provider = providers.find(({ gatewayUrl }) => opened.permanentUrl.startsWith(gatewayUrl))
  return provider?.delivering === 'answer' && provider.taken.has(String(opened.clip.ipfsHash))
}

const countersOf = ({ services }: TestServices) => services.catalog.counters.read()
const recordOf = async ({ services }: TestServices, id: string) => services.catalog.clips.find(id)

describe('a provider that takes clips and does not deliver them', () => {
  it.each<[string, GatewayBehaviour]>([
    ['answers 404', 404],
    ['answers 504', 504],
    ['answers 403', 403],
    ['hangs', 'hang'],
    ['refuses connections', 'refuse'],
  ])(
    'is passed over where its gateway %s: the next one gets the clip, which can be heard throughout',
    async (_, delivering) => {
      const world = await testServices(keep)
      const { clock, first, second } = world
      first.delivering = delivering
      const { id, cid, state, provider } = await clock.until(speak(world.services))
      expect([state, provider]).toEqual(['stored', 'pinata'])
      const heard: boolean[] = []
      await live(world, 30, async () => void heard.push(await isListenable(world, id)))
      await live(world, 95)
      heard.push(await isListenable(world, id))
      expect(heard).not.toContain(false)
      expect([first.taken.get(cid), second.taken.get(cid)]).toEqual([1, 1])
      expect(await recordOf(world, id)).toMatchObject({
        provider: 'kubo',
        permanentUrl: expect.stringContaining(`https://kubo.test/ipfs/${cid}`),
        hasLocalBytes: false,
        unprovenSince: null,
      })
      expect((await countersOf(world)).clips_undelivered).toEqual({ pinata: 1 })
      expect(world.lines.filter(({ level }) => level === 'error')).toMatchObject([
        { msg: 'A provider has taken a clip and does not deliver it', provider: 'pinata', clipId: id },
      ])
      expect(await world.services.catalog.replications.count()).toBe(0)
    },
  )

  it('is asked again and again for a quarter of an hour, less and less often, and proven when it delivers', async () => {
    const world = await testServices(keep)
    world.first.delivering = 504
    const { id } = await world.clock.until(speak(world.services))
    await live(world, 15)
    expect(world.first.reads.length).toBeLessThan(25)
    expect(await recordOf(world, id)).toMatchObject({ provider: 'pinata' })
    world.first.delivering = 'answer'
    await live(world, 15)
    expect(await recordOf(world, id)).toMatchObject({ provider: 'pinata', unprovenSince: null })
    expect(world.second.uploads).toEqual([])
  })

  it('keeps the bytes here where nobody else takes the clip, beyond any time', async () => {
    const world = await testServices(keep)
    const { first, second, clock } = world
    first.delivering = 504
    second.always(refused())
    const { id } = await clock.until(speak(world.services))
    await live(world, 130)
    expect(await openClip(world.services, id)).toMatchObject({ from: 'here', clip: { permanentUrl: null } })
    expect(await isListenable(world, id)).toBe(true)
    expect(await world.services.catalog.pins.countUnproven()).toEqual({ unproven: 1, lost: 0 })
    second.always('store')
    await live(world, 20)
    expect(await recordOf(world, id)).toMatchObject({ provider: 'kubo', unprovenSince: null })
  })

  it('is tried again an hour later where it is the only one', async () => {
    const world = await testServices({ ...keep, providers: [new FakeProvider('pinata')] })
    world.first.delivering = 504
    const { id } = await world.clock.until(speak(world.services))
    await live(world, 60)
    expect(world.first.uploads).toHaveLength(1)
    expect(await recordOf(world, id)).toMatchObject({ provider: null, hasLocalBytes: true })
    world.first.delivering = 'answer'
    await live(world, 30)
    expect(await recordOf(world, id)).toMatchObject({ provider: 'pinata', unprovenSince: null })
  })
})

describe('reading back', () => {
  it('begins seconds after a clip was stored, and is done once it has succeeded', async () => {
    const world = await testServices()
    const { id } = await world.clock.until(speak(world.services))
    await world.clock.advance(4999)
    await readBack(world)
    expect(world.first.reads).toEqual([])
    await world.clock.advance(1)
    await readBack(world)
    expect(await recordOf(world, id)).toMatchObject({ unprovenSince: null })
    await live(world, 10)
    expect(world.first.reads).toHaveLength(1)
  })

  it('says so and gives our own address where only another gateway delivers a clip, and keeps it', async () => {
    const world = await testServices({ ...keep, environment: { IPFS_GATEWAYS: 'https://kubo.test' } })
    const { first, second } = world
    first.delivering = 504
    const { id, cid } = await world.clock.until(speak(world.services))
    second.take(cid)
    await live(world, 30)
    const record = await recordOf(world, id)
    expect(record).toMatchObject({ provider: 'pinata', unprovenSince: null })
    expect(record?.permanentUrl).toBe(`/ipfs/${cid}?filename=${id}.mp3`)
    const warnings = world.lines.filter(({ msg }) => msg.startsWith('The gateway of a provider does not'))
    expect(warnings).toMatchObject([{ level: 'warn', clipId: id, provider: 'pinata' }])
    first.delivering = 'answer'
    await live(world, 90)
    expect(await recordOf(world, id)).toMatchObject({ permanentUrl: record?.permanentUrl })
  })

  it.each(['EMFILE', 'ENOSPC', 'EIO'])(
    'that fails by %s on this machine says nothing of the provider, ever',
    async (code) => {
      const world = await testServices(keep)
      const { id } = await world.clock.until(speak(world.services))
      const { fetchContent } = world.services
      world.services.fetchContent = async () => {
        throw new Error('It cannot be read', { cause: Object.assign(new Error(code), { code }) })
      }
      await live(world, 60)
      expect(await recordOf(world, id)).toMatchObject({ provider: 'pinata', hasLocalBytes: true })
      expect(world.second.uploads).toEqual([])
      world.services.fetchContent = fetchContent
      await live(world, 20)
      expect(await recordOf(world, id)).toMatchObject({ provider: 'pinata', unprovenSince: null })
    },
  )

  it('waits as long as a gateway asks that has had too many requests, which counts for nothing', async () => {
    const world = await testServices()
    const { services, clock, first } = world
    const { id } = await clock.until(speak(services))
    let asked = 0
    const limited = {
      ...services,
      fetchContent: async () => {
        asked += 1
        throw new GatewayError(429, 10 * MINUTE_MS)
      },
    }
    for (let minute = 0; minute < 29; minute += 1) {
      await clock.advance(MINUTE_MS)
      await readBack({ services: limited, clock })
    }
    // After 15 minutes the other gateways are asked as well, of which there are two.
    expect(asked).toBe(1 + 1 + 3)
    expect(await recordOf(world, id)).toMatchObject({ provider: 'pinata', hasLocalBytes: true })
    await clock.advance(5 * MINUTE_MS)
    await readBack(world)
    expect(first.reads).toHaveLength(1)
    expect(await recordOf(world, id)).toMatchObject({ unprovenSince: null })
  })

  it('is spared where our own repository has verified the clip', async () => {
    const { services } = await testServices({
      providers: [Object.assign(new FakeProvider('embedded'), { gatewayUrl: '' })],
    })
    const { id } = await speak(services)
    expect(await services.catalog.clips.find(id)).toMatchObject({ provider: 'embedded', unprovenSince: null })
    expect(await services.catalog.pins.nextReadBackAt()).toBeUndefined()
  })

  it('keeps to READ_BACKS_PER_MINUTE', async () => {
    const world = await testServices({ environment: { READ_BACKS_PER_MINUTE: '2' } })
    for (let clip = 0; clip < 5; clip += 1) await world.clock.until(speak(world.services))
    await world.clock.advance(5000)
    await readBack(world)
    expect(world.first.reads).toHaveLength(2)
  })
})

describe('where space is short', () => {
  const small = { environment: { TEMP_AUDIO_MAX_BYTES: '10000' } }

  /** Asks for so much space that all clips but those that must stay have to go. */
  async function fill({ services, clock }: TestServices) {
    const clip = {
      id: newClipId(),
      requestId: 'r',
      characters: 1,
      voiceId: 'slt',
      modelId: null,
      outputFormat: null,
      createdAt: clock.now(),
      expiresAt: clock.now() + HOUR_MS,
      sizeBytes: 10_000,
      leaseOwner: null,
      leaseExpiresAt: null,
    }
    await clock.until(reserveBytes(services, clip))
  }

  it('clips that were stored just now are read back, and their bytes go', async () => {
    const world = await testServices(small)
    const { id } = await world.clock.until(speak(world.services))
    await fill(world)
    expect(await recordOf(world, id)).toMatchObject({ hasLocalBytes: false, unprovenSince: null })
    expect(world.first.reads).toHaveLength(1)
  })

  it('those go last that were not read back, after their time, if their provider says that it holds them', async () => {
    const world = await testServices(small)
    world.first.delivering = 503
    const { id } = await world.clock.until(speak(world.services))
    await world.clock.advance(HOUR_MS)
    await fill(world)
    expect(await recordOf(world, id)).toMatchObject({ hasLocalBytes: false, provider: 'pinata' })
    expect((await countersOf(world)).clips_evicted_unproven).toEqual({ pinata: 1 })
    expect(world.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { clipId: id, provider: 'pinata' },
    ])
  })

  it.each([
    ['its provider does not answer', unavailable()],
    ['its provider cannot tell', 'cannot_tell' as const],
  ])('a clip stays that was not read back where %s', async (_, looking) => {
    const world = await testServices(small)
    world.first.delivering = 503
    const { id } = await world.clock.until(speak(world.services))
    await expect(fill(world)).rejects.toMatchObject({ code: 'temp_storage_full' })
    world.first.looking = looking
    await world.clock.advance(HOUR_MS)
    await expect(fill(world)).rejects.toMatchObject({ code: 'temp_storage_full' })
    expect(await isListenable(world, id)).toBe(true)
  })

  it('a clip stays that all providers have lost, and on a full disk, too', async () => {
    const world = await testServices({ ...small, providers: [new FakeProvider('pinata')] })
    world.first.delivering = 504
    const { id } = await world.clock.until(speak(world.services))
    await live(world, 60)
    await world.clock.advance(2 * MINUTE_MS)
    await expect(fill(world)).rejects.toMatchObject({ code: 'temp_storage_full' })
    const full = {
      ...world.services,
      diskSpace: { ...world.services.diskSpace, hasSpace: async () => false },
    }
    await expect(world.clock.until(freeDiskSpace(full, 1))).rejects.toThrow(
      'The disk of the temporary store is full',
    )
    expect(await isListenable(world, id)).toBe(true)
  })
})

describe('an address that is known to be dead', () => {
  const request = { text: 'Hello', voiceId: 'slt' }
  const context = { requestId: 'r' }

  async function lostClip(world: TestServices) {
    world.first.delivering = 504
    const clip = await world.clock.until(vocalizeOnce(world.services, request, context))
    await live(world, 40)
    return clip
  }

  it('is not given again: the clip is temporary while its bytes are here', async () => {
    const world = await testServices({ ...keep, providers: [new FakeProvider('pinata')] })
    const { id } = await lostClip(world)
    const again = await world.clock.until(vocalizeOnce(world.services, request, context))
    expect(again).toMatchObject({ id, permanentUrl: null, isReused: true })
    expect(again.expiresAt).toBeGreaterThanOrEqual(world.clock.now() + HOUR_MS)
  })

  it('is not given again: the text is spoken anew once its bytes are gone, and the clip counts as lost', async () => {
    const world = await testServices({ ...keep, providers: [new FakeProvider('pinata')] })
    const { id } = await lostClip(world)
    await world.services.store.delete(id)
    await world.services.catalog.clips.markBytesDeleted(id)
    expect(await world.services.catalog.pins.countUnproven()).toEqual({ unproven: 1, lost: 1 })
    await expect(world.services.store.read(id)).resolves.toBeNull()
    const again = await world.clock.until(vocalizeOnce(world.services, request, context))
    expect(again.id).not.toBe(id)
  })
})

describe('the audit', () => {
  const auditAll = ({ services, clock }: TestServices) =>
    clock.until(audit(services, { limit: 100, before: clock.now(), signal }))

  /** A clip that its provider has delivered once, and whose bytes are still here. */
  async function provenClip(world: TestServices) {
    const clip = await world.clock.until(speak(world.services))
    await world.clock.advance(5000)
    await readBack(world)
    await world.clock.advance(MINUTE_MS)
    return clip
  }

  it.each<[string, GatewayBehaviour]>([
    ['hangs', 'hang'],
    ['answers 504', 504],
  ])(
    'believes a provider that does not hold a clip, whose gateway %s, and repairs it',
    async (_, delivering) => {
      const world = await testServices()
      const { first } = world
      const { cid } = await provenClip(world)
      first.taken.clear()
      first.delivering = delivering
      first.next(async (content) => {
        first.delivering = 'answer'
        first.take(content.cid)
        return { cid: content.cid }
      })
      expect(await auditAll(world)).toMatchObject([{ provider: 'pinata', lost: 1, repaired: 1, unknown: 0 }])
      expect(first.taken.get(cid)).toBe(1)
    },
  )

  it('counts as lost what a provider says that it holds and does not deliver for a quarter of an hour', async () => {
    const world = await testServices()
    const { id } = await provenClip(world)
    world.first.delivering = 'hang'
    expect(await auditAll(world)).toMatchObject([{ provider: 'pinata', unknown: 1, lost: 0 }])
    expect((await countersOf(world)).audit_unknown).toMatchObject({ pinata: 1 })
    await live(world, 40)
    expect(await recordOf(world, id)).toMatchObject({ provider: 'kubo', unprovenSince: null })
    expect((await countersOf(world)).audit_lost).toMatchObject({ pinata: 1 })
  })

  it('leaves a clip alone that was delivered before while the gateway is out of order', async () => {
    const world = await testServices()
    const { id } = await provenClip(world)
    world.first.delivering = 503
    await auditAll(world)
    await live(world, 60)
    expect(await recordOf(world, id)).toMatchObject({ provider: 'pinata', unprovenSince: null })
    expect(world.first.reads.length).toBeLessThan(25)
    expect(world.second.uploads).toEqual([])
  })

  it('believes another gateway that delivers a clip which nobody else holds', async () => {
    const world = await testServices({ environment: { IPFS_GATEWAYS: 'https://kubo.test' } })
    const { cid } = await provenClip(world)
    world.first.delivering = 503
    world.second.take(cid)
    expect(await auditAll(world)).toMatchObject([{ provider: 'pinata', delivered: 1, unknown: 0 }])
  })

  it('believes what a gateway has itself, where it hangs otherwise', async () => {
    const world = await testServices()
    const { cid } = await provenClip(world)
    const { fetchContent } = world.services
    const services: TestServices['services'] = {
      ...world.services,
      fetchContent: (sink, asked, options) =>
        options.isCachedOnly && asked === cid ? Promise.resolve() : fetchContent(sink, asked, options),
    }
    world.first.delivering = 'hang'
    expect(await auditAll({ ...world, services })).toMatchObject([{ delivered: 1 }])
  })

  it('counts a repair that is taken and not delivered as lost: others are to get the clip', async () => {
    const world = await testServices()
    const { services, first, second } = world
    const { id, cid } = await provenClip(world)
    first.delivering = 404
    expect(await auditAll(world)).toMatchObject([{ provider: 'pinata', lost: 1, repaired: 0 }])
    expect(first.uploads).toHaveLength(2)
    expect(await services.catalog.replications.count()).toBe(1)
    expect(await services.catalog.pins.ofClip(id)).toMatchObject([
      { provider: 'pinata', lostAt: expect.any(Number) },
    ])
    await live(world, 10)
    expect([first.uploads.length, second.taken.get(cid)]).toEqual([2, 1])
    expect(await recordOf(world, id)).toMatchObject({ provider: 'kubo', unprovenSince: null })
  })
})
