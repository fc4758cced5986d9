import { describe, expect, it } from 'vitest'
import { eraseDueClips } from '#lib/background/tasks.ts'
import { audit } from '#lib/clips/audit.ts'
import { deleteClip } from '#lib/clips/delete-clip.ts'
import { fileCaptions } from '#lib/clips/file-captions.ts'
import { findContent } from '#lib/clips/find-content.ts'
import { openClip } from '#lib/clips/open-clip.ts'
import { readCaptions } from '#lib/clips/read-captions.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import { type OnceContext, vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { legacyCid } from '#lib/ipfs/blocks/car.ts'
import { putFile } from '#lib/ipfs/blocks/fetch-content.ts'
import { EMBEDDED } from '#lib/ipfs/providers/embedded.ts'
import { captionsIdOf, type VocalizedClip } from '#lib/model/clip.ts'
import { OWN_GATEWAY } from '#lib/model/permanent-url.ts'
import { HOUR_MS, MINUTE_MS } from '#lib/platform/units.ts'
import { FakeProvider, refused, unavailable } from '../../support/fake-provider.ts'
import { FakeSpeech } from '../../support/fake-speech.ts'
import { readBack, type TestServices, testServices } from '../../support/services.ts'

const madeBy = 'a key'

type World = Pick<TestServices, 'services' | 'clock'>

const three = () => ['pinata', 'filebase', 'kubo'].map((name) => new FakeProvider(name))

function speak({ services, clock }: World, text = 'Hello', context: Partial<OnceContext> = {}) {
  return clock.until(
    vocalizeOnce(
      services,
      { text, voiceId: 'slt', reuse: false, timestamps: true },
      { requestId: 'r', madeBy, ...context },
    ),
  )
}

/** Goes on with what is due, as timers do. */
const work = ({ services, clock }: World) => clock.until(eraseDueClips(services))
const remove = ({ services, clock }: World, { id }: VocalizedClip) =>
  clock.until(deleteClip(services, id, 'maker'))

/** A clip that three providers hold. */
async function heldByThree() {
  const world = await testServices({ providers: three(), environment: { IPFS_REPLICAS: '3' } })
  const clip = await speak(world)
  await hold(world, clip)
  return { ...world, clip }
}

async function hold({ services, providers, clock }: TestServices, { id, cid }: VocalizedClip) {
  for (const provider of providers) {
    if (provider.taken.has(cid)) continue
    provider.take(cid)
    await services.catalog.pins.add({ clipId: id, provider: provider.name, cid, pinnedAt: clock.now() })
  }
}

const heldBy = ({ providers }: TestServices, { cid }: VocalizedClip) =>
  providers.filter(({ taken }) => taken.has(cid)).map(({ name }) => name)

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'served',
    (error: { code?: string }) => error.code,
  )

describe('a deleted clip', () => {
  it('is gone from three providers, from here and from whatever leads to it', async () => {
    const world = await heldByThree()
    const { services, clip } = world
    const { catalog, store, blockCache } = services
    await putFile(blockCache, clip.cid, (await store.blob(clip.id)) as Blob, {
      signal: services.tasks.signal,
    })
    expect(heldBy(world, clip)).toHaveLength(3)
    const { deletions } = await remove(world, clip)
    expect(deletions).toMatchObject([
      {
        doneAt: expect.any(Number),
        targets: [{ outcome: 'unpinned' }, { outcome: 'unpinned' }, { outcome: 'unpinned' }],
      },
    ])
    expect(heldBy(world, clip)).toEqual([])
    expect(await store.blob(clip.id)).toBeNull()
    expect(await blockCache.open(clip.cid)).toBeNull()
    expect(await catalog.totals()).toMatchObject({ heldClips: 0, heldBytes: 0, waitingClips: 0 })
  })

  it('is said to be gone, also where a timer has been quicker to begin', async () => {
    const world = await heldByThree()
    const { services, clip, first } = world
    const { unpin } = first
    first.unpin = async (cid) => {
      await services.clock.sleep(500)
      return unpin.call(first, cid)
    }
    services.events.subscribe(({ type }) => {
      if (type === 'deletion_due') void eraseDueClips(services)
    })
    const { deletions } = await remove(world, clip)
    expect(deletions).toMatchObject([{ doneAt: expect.any(Number), failedRounds: 0 }])
    expect(first.unpins).toEqual([clip.cid])
  })

  it('is served nowhere from the moment of the call, however the providers are', async () => {
    const world = await heldByThree()
    const { services, clip, providers, clock } = world
    for (const provider of providers) provider.unpinning = unavailable()
    await remove(world, clip)
    expect(await codeOf(clock.until(openClip(services, clip.id)))).toBe('deleted')
    expect(await codeOf(clock.until(readCaptions(services, clip.id)))).toBe('deleted')
    expect(await codeOf(clock.until(findContent(services, clip.cid)))).toBe('deleted')
  })

  it('goes from two providers at once, and from the third once that is up again', async () => {
    const world = await heldByThree()
    const { services, clip, clock, providers } = world
    const [, down] = providers as [FakeProvider, FakeProvider, FakeProvider]
    down.unpinning = unavailable()
    const { deletions } = await remove(world, clip)
    expect(heldBy(world, clip)).toEqual(['filebase'])
    expect(deletions).toMatchObject([
      { doneAt: null, lastError: 'filebase: Answered 503 Service Unavailable', failedRounds: 1 },
    ])
    expect(await services.store.blob(clip.id)).toBeNull()
    for (let minute = 0; minute < 60; minute += 1) {
      await clock.advance(MINUTE_MS)
      await work(world)
    }
    // Later each time, and the others are not asked again.
    expect(down.unpins.length).toBeLessThan(20)
    expect(providers[0]?.unpins).toHaveLength(1)
    down.unpinning = 'unpin'
    await clock.advance(HOUR_MS)
    await work(world)
    expect(heldBy(world, clip)).toEqual([])
    expect(await services.catalog.deletions.ofClip(clip.id)).toMatchObject([{ doneAt: expect.any(Number) }])
    expect(await services.catalog.deletions.count()).toBe(0)
  })

  it('stays pinned while another clip has the same content, and goes with the last one', async () => {
    const world = await testServices({ providers: three() })
    const first = await speak(world)
    const second = await speak(world, 'Hello', { madeBy: 'another key' })
    expect(second.cid).toBe(first.cid)
    // Only the first is known to be at all three.
    await hold(world, first)
    const { deletions } = await remove(world, first)
    expect(deletions[0]?.targets.map(({ outcome }) => outcome)).toEqual(['shared', 'shared', 'shared'])
    expect(heldBy(world, first)).toHaveLength(3)
    const { services, clock } = world
    expect(await codeOf(clock.until(openClip(services, second.id)))).toBe('served')
    expect(await codeOf(clock.until(findContent(services, second.cid)))).toBe('served')
    expect(await codeOf(clock.until(openClip(services, first.id)))).toBe('deleted')
    await remove(world, second)
    expect(heldBy(world, first)).toEqual([])
    expect(await codeOf(clock.until(findContent(services, second.cid)))).toBe('deleted')
  })

  it('has another one looked for that appears with the same content while the local repository deletes it', async () => {
    // What it takes counts as proven, and would not be read back.
    const embedded = Object.assign(new FakeProvider(EMBEDDED), { gatewayUrl: OWN_GATEWAY })
    const world = await testServices({ providers: [embedded] })
    const { services, clock } = world
    const { deletions, pins } = services.catalog
    const first = await speak(world)
    const { isShared } = deletions
    let second: Promise<VocalizedClip> | undefined
    deletions.isShared = async (id) => {
      if (second) return isShared(id)
      const request = { text: 'Hello', voiceId: 'slt', reuse: false }
      second = vocalizeOnce(services, request, { requestId: 'r', madeBy: 'another key' })
      await second
      return false
    }
    const { deletions: rounds } = await remove(world, first)
    expect(rounds[0]).toMatchObject({ doneAt: null, lastError: expect.stringContaining('Another clip') })
    const { id, cid } = (await second) as VocalizedClip
    expect(cid).toBe(first.cid)
    expect(await pins.ofClip(id)).toMatchObject([{ provider: EMBEDDED, readBackAt: null }])
    await clock.advance(MINUTE_MS)
    await work(world)
    expect(await pins.ofClip(id)).toMatchObject([{ provider: EMBEDDED, readBackAt: clock.now() }])
    expect(await deletions.count()).toBe(0)
  })

  it('is said to be kept by a provider that has no way to delete, that refuses for good, or that is gone', async () => {
    const world = await heldByThree()
    const { services, clip, providers } = world
    const [unable, forbidding, mendable] = providers as [FakeProvider, FakeProvider, FakeProvider]
    unable.unpinning = 'cannot'
    forbidding.unpinning = Object.assign(refused(), {
      statusCode: 400,
      message: 'Answered 400: no such plan',
    })
    mendable.unpinning = refused()
    const { catalog, clock } = services
    const pinnedAt = clock.now()
    await catalog.pins.add({ clipId: clip.id, provider: 'fula', cid: clip.cid, pinnedAt })
    const { deletions } = await remove(world, clip)
    expect(deletions).toMatchObject([
      {
        doneAt: null,
        targets: [
          { provider: 'filebase', outcome: 'kept', error: expect.stringContaining('no such plan') },
          { provider: 'fula', outcome: 'kept', error: 'It is not configured any more' },
          { provider: 'kubo', outcome: 'pinned', error: 'Answered 401 Unauthorized' },
          { provider: 'pinata', outcome: 'kept', error: 'Its API has no way to delete' },
        ],
      },
    ])
    mendable.unpinning = 'unpin'
    unable.unpinning = 'unpin'
    // Asked again, what was kept is tried again.
    await remove(world, clip)
    const [deletion] = await catalog.deletions.ofClip(clip.id)
    expect(deletion?.doneAt).not.toBeNull()
    expect(deletion?.targets.map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'unpinned', 'unpinned'])
  })

  it('that waits for IPFS is never sent there any more', async () => {
    const world = await testServices()
    for (const provider of world.providers) provider.always(unavailable())
    const clip = await speak(world)
    await world.clock.advance(HOUR_MS / 2)
    await remove(world, clip)
    for (const provider of world.providers) provider.always('store')
    const { services, clock } = world
    const all = { limit: 9, trigger: 'admin', dueOnly: false, signal: services.tasks.signal } as const
    expect(await clock.until(uploadPending(services, all))).toMatchObject({ processed: 0 })
    expect(heldBy(world, clip)).toEqual([])
    expect(await services.catalog.deletions.count()).toBe(0)
  })

  it('goes also where its upload was under way, or its answer was lost, and under any name', async () => {
    const speech = new FakeSpeech()
    speech.durationMs = 40_000
    const world = await testServices({ speech })
    const { services, clock, first, second } = world
    const uploading = Promise.withResolvers<void>()
    first.always('lose_answer', 'cannot_tell')
    second.always(async ({ cid }) => {
      uploading.resolve()
      await clock.sleep(20_000)
      second.take(cid)
      return { cid }
    })
    const speaking = vocalizeOnce(
      services,
      { text: 'Hello', voiceId: 'slt', reuse: false },
      { requestId: 'r', madeBy },
    )
    await clock.until(uploading.promise)
    const clip = await clock.until(speaking)
    const audio = (await services.store.blob(clip.id)) as Blob
    expect(audio.size).toBeGreaterThan(256 * 1024)
    const { deletions } = await remove(world, clip)
    // The upload goes on: what it makes is not known yet.
    expect(deletions).toMatchObject([{ doneAt: null }])
    await clock.advance(2 * MINUTE_MS)
    await work(world)
    expect(first.taken.has(clip.cid)).toBe(false)
    expect(second.taken.has(clip.cid)).toBe(false)
    expect(first.unpins).toContain(await legacyCid(audio))
    expect(await services.catalog.clips.find(clip.id)).toMatchObject({
      state: 'deleted',
      hasLocalBytes: false,
    })
  })

  it('is not uploaded again by the audit that is about to repair it', async () => {
    const world = await testServices()
    const { services, clock, first } = world
    const clip = await speak(world)
    await clock.advance(10_000)
    await readBack(world)
    first.taken.clear()
    const [pin] = await services.catalog.pins.ofClip(clip.id)
    await remove(world, clip)
    await services.catalog.pins.lose(pin as NonNullable<typeof pin>, { at: clock.now(), replicateAt: 0 })
    expect(await services.catalog.replications.count()).toBe(0)
    const { signal } = services.tasks
    await clock.until(audit(services, { limit: 9, before: clock.now() + 1, signal }))
    expect(first.taken.has(clip.cid)).toBe(false)
  })

  it('is asked for again at a provider that has it after all', async () => {
    const world = await testServices()
    const { services, first } = world
    const clip = await speak(world)
    await remove(world, clip)
    first.take(clip.cid)
    const pinnedAt = world.clock.now()
    await services.catalog.pins.add({ clipId: clip.id, provider: first.name, cid: clip.cid, pinnedAt })
    await world.clock.advance(1000)
    await work(world)
    expect(first.taken.has(clip.cid)).toBe(false)
  })

  it('takes its captions along, wherever they are', async () => {
    const speech = new FakeSpeech()
    speech.hasTimestamps = true
    const world = await testServices({ speech })
    const { services, clock, first } = world
    const clip = await speak(world)
    await clock.until(fileCaptions(services, clip.id))
    const all = { limit: 9, trigger: 'admin', dueOnly: false, signal: services.tasks.signal } as const
    await clock.until(uploadPending(services, all))
    const file = await services.catalog.clips.find(captionsIdOf(clip.id))
    expect(first.taken.has(file?.cid ?? '')).toBe(true)
    const { deletions } = await remove(world, clip)
    expect(deletions).toHaveLength(2)
    expect(first.taken.size).toBe(0)
    expect(await services.store.blob(captionsIdOf(clip.id))).toBeNull()
    expect(await codeOf(clock.until(findContent(services, file?.cid ?? '')))).toBe('deleted')
  })

  it('is spoken anew when the same is asked for again', async () => {
    const world = await testServices()
    const { services, clock } = world
    const ask = () =>
      clock.until(vocalizeOnce(services, { text: 'Again', voiceId: 'slt' }, { requestId: 'r', madeBy }))
    const first = await ask()
    expect((await ask()).id).toBe(first.id)
    await remove(world, first)
    const second = await ask()
    expect(second.id).not.toBe(first.id)
    expect(second.isReused).toBeUndefined()
  })

  it.each([
    ['that is unknown', 'not_found', '0123456789abcdef0123456789abcdef'],
    ['that is no id', 'not_found', '../etc/passwd'],
  ])('%s is %s', async (_, code, id) => {
    const { services, clock } = await testServices()
    expect(await codeOf(clock.until(deleteClip(services, id, 'operator')))).toBe(code)
  })

  it('that is being spoken is refused until it is', async () => {
    const world = await testServices()
    const { services, speech } = world
    const goOn = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    speech.beforeChunk = async () => {
      begun.resolve()
      await goOn.promise
    }
    const id = '00000000000000000000000000000001'
    const speaking = vocalizeOnce(
      services,
      { text: 'Hello', voiceId: 'slt', reuse: false },
      { requestId: 'r', id, madeBy },
    )
    await begun.promise
    expect(await codeOf(deleteClip(services, id, 'maker'))).toBe('clip_in_use')
    goOn.resolve()
    await world.clock.until(speaking)
    expect(await codeOf(world.clock.until(deleteClip(services, id, 'maker')))).toBe('served')
  })
})

describe('the notes about a clip', () => {
  const ask = ({ services, clock }: World, context: Partial<OnceContext>) =>
    clock.until(
      vocalizeOnce(services, { text: 'Same', voiceId: 'slt' }, { requestId: 'r', madeBy, ...context }),
    )

  it('make no other clip of it, and are those that its maker has sent last', async () => {
    const world = await testServices()
    const first = await ask(world, { label: 'one', metadata: { n: 1 } })
    const second = await ask(world, { label: 'two' })
    expect(second).toMatchObject({ id: first.id, label: 'two', metadata: { n: 1 }, isReused: true })
    expect(await ask(world, {})).toMatchObject({ label: 'two', metadata: { n: 1 } })
  })

  it('are neither seen nor changed by another key that gets the same clip', async () => {
    const world = await testServices()
    const first = await ask(world, { label: 'one', metadata: { n: 1 } })
    for (const other of ['another key', null]) {
      const shared = await ask(world, { madeBy: other, label: 'stolen' })
      expect(shared).toMatchObject({ id: first.id, label: null, metadata: null })
    }
    expect(await world.services.catalog.clips.find(first.id)).toMatchObject({ label: 'one', madeBy })
  })
})
