import { describe, expect, it } from 'vitest'
import { createLocalSlots } from '#lib/ipfs/chain/slots.ts'
import type { FakeProvider } from '../../../support/fake-provider.ts'
import { refused, unavailable } from '../../../support/fake-provider.ts'
import { ATTEMPT_TIMEOUT_MS, chainOf, MAX_RETRY_AFTER_MS, someClip, stateOf } from './chain-subject.ts'

/** How long the first upload to a provider may take before the next one is asked too. */
const PATIENCE_MS = 3000
const MEBIBYTE = 1024 * 1024
const interactive = { priority: 'interactive' } as const

function failoverOf(names = ['pinata', 'kubo'], overrides: Parameters<typeof chainOf>[1] = {}) {
  const world = chainOf(names, overrides)
  const [first, second, third] = world.providers as [FakeProvider, FakeProvider, FakeProvider]
  /** Lets a provider store each clip after so many milliseconds. */
  const takesMs = (provider: FakeProvider, ms: number) =>
    provider.always(async ({ cid }) => {
      await world.clock.sleep(ms)
      provider.take(cid)
      return { cid }
    })
  const outcomes = () => world.entries.map(({ provider, outcome }) => `${provider} ${outcome}`)
  return { ...world, first, second, third, takesMs, outcomes }
}

describe('a chain whose provider waits for its next attempt', () => {
  it.each(['interactive', 'background', 'lastResort'] as const)(
    'asks the next one meanwhile, and drops the retry once that one has stored the clip: %s',
    async (priority) => {
      const { upload, first, clock, outcomes } = failoverOf()
      first.always(unavailable())
      const { late, ...stored } = await upload({ priority })
      expect(stored).toMatchObject({ provider: 'kubo' })
      expect(late).toBeUndefined()
      expect(clock.passed()).toBe(0)
      expect(clock.sleeping()).toBe(0)
      expect(outcomes()).toEqual(['pinata failed', 'kubo stored'])
      await clock.advance(60_000)
      expect(first.uploads).toHaveLength(1)
    },
  )

  it('goes on with its attempts and waits while the next one fails too', async () => {
    const { failureOf, providers, clock } = failoverOf(['pinata', 'kubo', 'filebase'])
    const attemptedAt: Record<string, number[]> = {}
    for (const provider of providers) {
      provider.always(async () => {
        attemptedAt[provider.name] = [...(attemptedAt[provider.name] ?? []), clock.passed()]
        throw unavailable()
      })
    }
    const error = await failureOf()
    expect(attemptedAt).toEqual({
      pinata: [0, 1000, 3000, 7000],
      kubo: [0, 1000, 3000, 7000],
      filebase: [0, 1000, 3000, 7000],
    })
    expect(error.failures.map(({ provider, attempts }) => [provider, attempts])).toEqual([
      ['pinata', 4],
      ['kubo', 4],
      ['filebase', 4],
    ])
    expect(clock.sleeping()).toBe(0)
  })

  it('is asked again while the next one is under way, and the first to have the clip answers', async () => {
    const { upload, first, second, takesMs, clock, outcomes } = failoverOf()
    first.next(unavailable())
    takesMs(second, 2500)
    const { late, ...stored } = await upload()
    expect(stored).toMatchObject({ provider: 'pinata' })
    expect(clock.passed()).toBe(1000)
    const further = await clock.until(late as Promise<unknown>)
    expect(further).toMatchObject([{ provider: 'kubo', ipfsHash: stored.ipfsHash }])
    expect(outcomes()).toEqual(['pinata failed', 'kubo stored', 'pinata stored'])
    expect(clock.sleeping()).toBe(0)
  })

  it('hands over once: its end asks no third provider while the second is under way', async () => {
    const { upload, first, second, third, takesMs } = failoverOf(['pinata', 'kubo', 'filebase'])
    first.always(refused()).next(unavailable())
    takesMs(second, 2500)
    expect(await upload()).toMatchObject({ provider: 'kubo' })
    expect([first.uploads.length, third.uploads.length]).toEqual([2, 0])
  })

  it('is not replaced while it is only busy, and neither is the one that was asked after it', async () => {
    const slots = createLocalSlots({ limit: 1 })
    const { start, first, third, clock, outcomes } = failoverOf(['pinata', 'kubo', 'filebase'], { slots })
    await slots.acquire('kubo', new AbortController().signal)
    const release = await slots.acquire('pinata', new AbortController().signal)
    first.next(unavailable())
    const upload = start()
    await clock.advance(9000)
    expect(outcomes()).toEqual([])
    release()
    expect(await clock.until(upload)).toMatchObject({ provider: 'pinata' })
    expect(third.uploads).toEqual([])
    expect(clock.sleeping()).toBe(0)
  })
})

describe('a chain whose provider is slow to answer', () => {
  it('asks the next one after three seconds, where nothing is known of the provider', async () => {
    const { upload, first, clock } = failoverOf()
    first.always('hang')
    expect(await upload(interactive)).toMatchObject({ provider: 'kubo' })
    expect(clock.passed()).toBe(PATIENCE_MS)
  })

  it('passes the slow one over once two clips were faster elsewhere, until it is probed', async () => {
    const { upload, chain, first, clock, outcomes } = failoverOf()
    first.always('hang')
    const tookMs: number[] = []
    for (let clip = 0; clip < 4; clip += 1) {
      const before = clock.passed()
      await upload(interactive)
      tookMs.push(clock.passed() - before)
    }
    expect(tookMs).toEqual([PATIENCE_MS, PATIENCE_MS, 0, 0])
    expect(stateOf(chain, 'pinata')).toBe('open')
    await clock.advance(ATTEMPT_TIMEOUT_MS)
    expect(outcomes()).toEqual([
      'pinata failed',
      'kubo stored',
      'pinata failed',
      'kubo stored',
      'kubo stored',
      'kubo stored',
    ])
    expect(stateOf(chain, 'pinata')).toBe('half_open')
  })

  it('lets an attempt that was overtaken end, and says that its provider has the clip as well', async () => {
    const { upload, chain, first, takesMs, clock, outcomes } = failoverOf()
    takesMs(first, 5000)
    const content = someClip()
    const { late, provider } = await upload({ ...interactive, content })
    expect([provider, clock.passed()]).toEqual(['kubo', PATIENCE_MS])
    const holder = { provider: 'pinata', ipfsHash: content.cid, gatewayUrl: 'https://pinata.test' }
    expect(await clock.until(late as Promise<unknown>)).toEqual([holder])
    expect(clock.passed()).toBe(5000)
    expect(outcomes()).toEqual(['pinata stored', 'kubo stored'])
    expect(stateOf(chain, 'pinata')).toBe('closed')
    // It was slow, and is known to be.
    expect(await upload(interactive)).toMatchObject({ provider: 'pinata' })
  })

  it('reports no error of an attempt that fails after it was overtaken', async () => {
    const { upload, first, clock, outcomes } = failoverOf()
    first.always('hang')
    const { late } = await upload(interactive)
    expect(await clock.until(late as Promise<unknown>)).toEqual([])
    expect(outcomes()).toEqual(['pinata failed', 'kubo stored'])
    expect(clock.sleeping()).toBe(0)
  })

  it.each([
    ['three times what it usually takes', 600, 0, 1800],
    ['one second at least', 10, 0, 1000],
    ['more for a large clip', 600, 9 * MEBIBYTE, 18_000],
  ])('gives a provider %s', async (_, usualMs, sizeBytes, expectedMs) => {
    const { upload, first, takesMs, clock } = failoverOf()
    takesMs(first, usualMs)
    for (let clip = 0; clip < 3; clip += 1) await upload(interactive)
    first.always('hang')
    const before = clock.passed()
    const content = { ...someClip(), car: new Blob([new Uint8Array(sizeBytes)]) }
    expect(await upload({ ...interactive, content })).toMatchObject({ provider: 'kubo' })
    expect(clock.passed() - before).toBe(expectedMs)
  })

  it('blames nobody where the next one is as slow and nobody waits', async () => {
    const { failureOf, chain, providers } = failoverOf(['pinata', 'kubo'], { retryDelaysMs: [] })
    for (const provider of providers) provider.always('hang')
    for (let clip = 0; clip < 3; clip += 1) await failureOf()
    expect(chain.breakers().map(({ state }) => state)).toEqual(['closed', 'closed'])
  })

  it('ends all attempts when the signal aborts after the clip was stored', async () => {
    const { upload, first, clock, outcomes } = failoverOf()
    first.always('hang')
    const stop = new AbortController()
    const { late } = await upload({ ...interactive, signal: stop.signal })
    stop.abort(new Error('The service is shutting down'))
    expect(await late).toEqual([])
    expect(clock.sleeping()).toBe(0)
    expect(outcomes()).toEqual(['pinata undefined', 'kubo stored'])
  })
})

describe('a chain whose caller has waited in vain', () => {
  const states = ({ chain }: ReturnType<typeof failoverOf>) => chain.breakers().map(({ state }) => state)

  it('only probes those that hang, before their attempts have ended', async () => {
    const world = failoverOf(['pinata', 'kubo', 'filebase'])
    for (const provider of world.providers) provider.always('hang')
    const upload = world.start(interactive).catch(() => {})
    await world.clock.advance(MAX_RETRY_AFTER_MS - 1)
    expect(states(world)).toEqual(['closed', 'closed', 'closed'])
    await world.clock.advance(1)
    expect(states(world)).toEqual(['half_open', 'half_open', 'half_open'])
    expect(world.chain.canTry('interactive')).toBe(false)
    expect(world.outcomes()).toEqual(['pinata undefined', 'kubo undefined', 'filebase undefined'])
    await world.clock.until(upload)
  })

  it('trusts a provider again once a late attempt of it has succeeded', async () => {
    const world = failoverOf(['pinata'])
    world.takesMs(world.first, MAX_RETRY_AFTER_MS + 5000)
    const upload = world.start(interactive)
    await world.clock.advance(MAX_RETRY_AFTER_MS)
    expect(states(world)).toEqual(['half_open'])
    expect(await world.clock.until(upload)).toMatchObject({ provider: 'pinata' })
    expect(states(world)).toEqual(['closed'])
  })

  it('trusts a provider that works for a background upload meanwhile', async () => {
    const world = failoverOf(['pinata'])
    world.first.next('hang')
    void world.start(interactive).catch(() => {})
    await world.clock.advance(MAX_RETRY_AFTER_MS)
    expect(await world.upload()).toMatchObject({ provider: 'pinata' })
    expect(states(world)).toEqual(['closed'])
  })

  it('does not take a lookup that is answered for proof that uploads are, too', async () => {
    const world = failoverOf(['pinata'])
    world.first.always('hang')
    void world.start(interactive).catch(() => {})
    await world.clock.advance(MAX_RETRY_AFTER_MS)
    await world.chain.probe('bafk', new AbortController().signal)
    expect(states(world)).toEqual(['half_open'])
  })

  it('does not suspect a provider that takes a large clip for as long as that takes', async () => {
    const world = failoverOf(['pinata'])
    world.takesMs(world.first, 40_000)
    const content = { ...someClip(), car: new Blob([new Uint8Array(40 * MEBIBYTE)]) }
    const upload = world.start({ ...interactive, content })
    await world.clock.advance(2 * MAX_RETRY_AFTER_MS)
    expect(states(world)).toEqual(['closed'])
    await world.clock.until(upload)
  })

  it('suspects one that was asked last only once it is slow', async () => {
    const world = failoverOf(['pinata', 'kubo', 'filebase', 'lighthouse'])
    for (const provider of world.providers) provider.always('hang')
    void world.start(interactive).catch(() => {})
    await world.clock.advance(MAX_RETRY_AFTER_MS)
    expect(states(world)).toEqual(['half_open', 'half_open', 'half_open', 'closed'])
    await world.clock.advance(2000)
    expect(states(world)).toEqual(['half_open', 'half_open', 'half_open', 'half_open'])
  })

  it('suspects nobody who failed and waits for the next attempt', async () => {
    const world = failoverOf(['pinata'], { retryDelaysMs: [MAX_RETRY_AFTER_MS + 1000] })
    world.first.next(unavailable())
    const upload = world.start(interactive)
    await world.clock.advance(MAX_RETRY_AFTER_MS)
    expect(states(world)).toEqual(['closed'])
    await world.clock.until(upload)
  })

  it('suspects those that are slow by the time at which this machine is asked', async () => {
    const world = failoverOf(['pinata', 'embedded'])
    world.first.always('hang')
    await world.upload(interactive)
    expect(states(world)).toEqual(['half_open', 'closed'])
    expect(await world.upload(interactive)).toMatchObject({ provider: 'embedded' })
    expect(world.clock.passed()).toBe(0.8 * MAX_RETRY_AFTER_MS)
  })
})

describe('a chain with this machine as a provider', () => {
  it('asks it when the others have used up their attempts', async () => {
    const { upload, first, clock, outcomes } = failoverOf(['pinata', 'embedded'])
    first.always(unavailable())
    expect(await upload(interactive)).toMatchObject({ provider: 'embedded' })
    expect(clock.passed()).toBe(7000)
    expect(outcomes()).toEqual([...Array(4).fill('pinata failed'), 'embedded stored'])
  })

  it('prefers a provider on the network that stands after it', async () => {
    const { upload, first, second } = failoverOf(['pinata', 'embedded', 'kubo'])
    first.always(unavailable())
    expect(await upload(interactive)).toMatchObject({ provider: 'kubo' })
    expect(second.uploads).toEqual([])
  })

  it('asks it shortly before a caller stops waiting', async () => {
    const { upload, first, clock } = failoverOf(['pinata', 'embedded'])
    first.always('hang')
    expect(await upload(interactive)).toMatchObject({ provider: 'embedded' })
    expect(clock.passed()).toBe(0.8 * MAX_RETRY_AFTER_MS)
  })

  it('leaves a clip that nobody waits for to the others for as long as they try', async () => {
    const { upload, first, clock } = failoverOf(['pinata', 'embedded'])
    first.next('hang')
    expect(await upload()).toMatchObject({ provider: 'pinata' })
    expect(clock.passed()).toBe(ATTEMPT_TIMEOUT_MS + 1000)
  })

  it.each([[['embedded']], [['embedded', 'pinata']]])(
    'asks it at once where it is the first: %j',
    async (names) => {
      const { upload, clock } = failoverOf(names)
      expect(await upload(interactive)).toMatchObject({ provider: 'embedded' })
      expect(clock.passed()).toBe(0)
    },
  )
})

describe('a chain whose log fails for one provider while another is under way', () => {
  const failure = new Error('The lease was lost')
  const brokenFor = (name: string, log: ReturnType<typeof chainOf>['attemptLog']) => ({
    ...log,
    begin: async (provider: string) => {
      if (provider === name) throw failure
      return log.begin(provider)
    },
  })

  it.each([
    ['resolves where that one stores the clip', 5000, undefined],
    ['rejects where that one fails', 60_000, failure],
  ])('%s', async (_, ms, expected) => {
    const { chain, attemptLog, first, third, takesMs, clock } = failoverOf(['pinata', 'kubo', 'filebase'])
    takesMs(first, ms)
    const signal = new AbortController().signal
    const log = brokenFor('kubo', attemptLog)
    const upload = chain.upload(someClip(), { ...interactive, attemptLog: log, signal })
    const ended = await clock.until(upload.catch((error: unknown) => error))
    if (expected) expect(ended).toBe(expected)
    else expect(ended).toMatchObject({ provider: 'pinata' })
    expect([first.uploads.length, third.uploads.length]).toEqual([1, 0])
    expect(clock.sleeping()).toBe(expected ? 1 : 0)
  })
})
