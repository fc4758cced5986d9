import { describe, expect, it } from 'vitest'
import type { Services } from '#lib/context.ts'
import { type Attention, readAttention } from '#lib/dashboard/attention.ts'
import { MINUTE_MS } from '#lib/platform/units.ts'
import type { VendorState } from '#lib/speech/speech.ts'
import { unavailable } from '../../support/fake-provider.ts'
import { speak, type TestServices, testServices, waitingClips } from '../../support/services.ts'

async function attentionOf(
  services: Services,
  speechFailures: { vendor: string; at: number; error: string }[] = [],
): Promise<Attention[]> {
  return readAttention(services, {
    now: services.clock.now(),
    totals: await services.catalog.totals(),
    undelivered: await services.catalog.pins.countUnproven(),
    speechFailures,
  })
}

const kindsOf = async (services: Services) => (await attentionOf(services)).map(({ kind }) => kind)

/** Has every provider fail so that its breaker opens at once, with one clip that is pending then. */
async function breakAll({ services, clock, providers }: TestServices) {
  for (const provider of providers) provider.always(unavailable(10 * MINUTE_MS))
  await clock.until(speak(services))
}

describe('what needs the operator', () => {
  it('is nothing where all works, also while clips are on their way', async () => {
    const { services } = await testServices()
    await speak(services)
    await waitingClips(services, 2)
    expect(await attentionOf(services)).toEqual([])
  })

  it('is that no provider works, why each of them fails, and how many clips end when', async () => {
    const world = await testServices()
    await breakAll(world)
    const found = await attentionOf(world.services)
    expect(found.map(({ kind }) => kind)).toEqual([
      'no_provider_works',
      'clips_ending',
      'provider_failing',
      'provider_failing',
    ])
    expect(found[1]).toMatchObject({ severity: 'warning', clips: 1, isMore: false })
    expect(found[2]).toMatchObject({
      provider: 'pinata',
      breaker: 'open',
      failure: { statusCode: 503, error: expect.stringContaining('503') },
    })
  })

  it('is what will be lost soon, also where a provider works, unless pending clips are kept', async () => {
    const { services, clock } = await testServices()
    await waitingClips(services, 1)
    const firstAt = clock.now() + services.config.tempAudio.ttlMs
    await clock.advance(50 * MINUTE_MS)
    expect(await attentionOf(services)).toEqual([
      { kind: 'clips_ending', severity: 'critical', clips: 1, isMore: false, firstAt },
    ])
    const tempAudio = { ...services.config.tempAudio, keepPending: true }
    expect(await kindsOf({ ...services, config: { ...services.config, tempAudio } })).toEqual([])
  })

  it('is that there is no provider at all', async () => {
    const { services } = await testServices({ providers: [] })
    expect(await kindsOf(services)).toEqual(['no_provider'])
  })

  it('is a disk without space, or with little', async () => {
    const { services } = await testServices()
    const withDisk = (freeBytes: number) => ({
      ...services,
      diskSpace: { hasSpace: async (sizeBytes: number) => sizeBytes < freeBytes },
    })
    expect(await kindsOf(withDisk(0))).toEqual(['disk_full'])
    expect(await kindsOf(withDisk(1))).toEqual(['disk_low'])
    expect(await kindsOf(withDisk(2 ** 40))).toEqual([])
  })

  it('is a byte budget that is used up by clips that cannot be deleted', async () => {
    const { services } = await testServices()
    await waitingClips(services, 2)
    const { heldBytes } = await services.catalog.totals()
    const withBudget = (share: number) => {
      const tempAudio = { ...services.config.tempAudio, maxBytes: Math.ceil(heldBytes / share) }
      return { ...services, config: { ...services.config, tempAudio } }
    }
    expect(await kindsOf(withBudget(0.5))).toEqual([])
    expect(await kindsOf(withBudget(0.85))).toEqual(['budget_low'])
    expect(await kindsOf(withBudget(1))).toEqual(['budget_used_up'])
  })

  it('is no byte budget that is full of clips that can be deleted', async () => {
    const { services } = await testServices()
    await speak(services)
    const { heldClips, heldBytes } = await services.catalog.totals()
    expect(heldClips).toBe(1)
    const tempAudio = { ...services.config.tempAudio, maxBytes: heldBytes }
    const full = { ...services, config: { ...services.config, tempAudio } }
    const found = await readAttention(full, {
      now: services.clock.now(),
      totals: await services.catalog.totals(),
      undelivered: { unproven: 0, lost: 0 },
      speechFailures: [],
    })
    expect(found).toEqual([])
  })

  it('is a voice that fails, with what is known of it, and that none works', async () => {
    const { services } = await testServices()
    const withVoices = (...states: Partial<VendorState>[]) => ({
      ...services,
      speech: {
        ...services.speech,
        states: () =>
          states.map(
            (state) =>
              ({ vendor: 'local', breaker: 'closed', isQuotaUsedUp: false, ...state }) as VendorState,
          ),
      },
    })
    const failure = { vendor: 'elevenlabs', at: 5, error: 'Answered 500' }
    const sick = { vendor: 'elevenlabs', breaker: 'open' } as const
    expect(await attentionOf(withVoices(sick, {}), [failure])).toEqual([
      {
        kind: 'voice_failing',
        severity: 'warning',
        ...sick,
        failure: { at: 5, error: 'Answered 500' },
      },
    ])
    expect(await attentionOf(withVoices({ note: 'Its quota is used up' }))).toMatchObject([
      { kind: 'voice_failing', vendor: 'local', note: 'Its quota is used up' },
    ])
    expect(await kindsOf(withVoices(sick))).toEqual(['no_voice_works', 'voice_failing'])
  })

  it('is that stored clips are lost, or are past their time and delivered by nobody', async () => {
    const { services, clock } = await testServices()
    const { id } = await speak(services)
    expect(await kindsOf(services)).toEqual([])
    await clock.advance(61 * MINUTE_MS)
    expect(await kindsOf(services)).toEqual(['clips_unproven'])
    const [pin] = await services.catalog.pins.ofClip(id)
    if (!pin) throw new Error('There is no pin')
    await services.catalog.pins.lose(pin, { at: clock.now(), replicateAt: clock.now() })
    await services.catalog.clips.markBytesDeleted(id)
    expect(await attentionOf(services)).toMatchObject([
      { kind: 'clips_lost', severity: 'critical', clips: 1 },
    ])
  })

  it('is a Redis that is away', async () => {
    const { services } = await testServices()
    const redis = { isAway: () => true } as Services['redis']
    expect(await kindsOf({ ...services, redis })).toEqual(['redis_away'])
  })
})
