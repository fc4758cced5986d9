import { describe, expect, it } from 'vitest'
import { refused, unavailable, unreachable } from '../../../support/fake-provider.ts'
import { chainOf, MAX_RETRY_AFTER_MS, stateOf } from './chain-subject.ts'

/** A chain whose first provider has failed until its breaker opened. */
async function withOpenFirst(names = ['pinata', 'kubo']) {
  const world = chainOf(names)
  world.first.always(unavailable())
  while (stateOf(world.chain, 'pinata') === 'closed') await world.upload().catch(() => {})
  world.first.uploads.length = 0
  return world
}

describe('the breakers of a chain', () => {
  it('open after two clips with all their retries', async () => {
    const { chain, failureOf, first } = chainOf(['pinata'])
    first.always(unavailable())
    await failureOf()
    expect(stateOf(chain, 'pinata')).toBe('closed')
    await failureOf()
    expect(stateOf(chain, 'pinata')).toBe('open')
    expect(first.uploads).toHaveLength(8)
  })

  it('open after two attempts without a connection, and cost the next caller nothing', async () => {
    const { upload, first, clock } = chainOf(['pinata', 'kubo'])
    first.always(unreachable())
    for (let clip = 0; clip < 5; clip += 1) {
      expect(await upload({ priority: 'interactive' })).toMatchObject({ provider: 'kubo' })
    }
    expect(first.uploads).toHaveLength(2)
    expect(clock.passed()).toBe(0)
  })

  it('open at once for a Retry-After longer than the chain accepts, for as long as it asks', async () => {
    const { chain, upload, first, clock } = chainOf(['pinata', 'kubo'])
    first.next(unavailable(MAX_RETRY_AFTER_MS + 50_000))
    await upload()
    expect(stateOf(chain, 'pinata')).toBe('open')
    await clock.advance(MAX_RETRY_AFTER_MS + 49_000)
    expect(stateOf(chain, 'pinata')).toBe('open')
    await clock.advance(1001)
    expect(stateOf(chain, 'pinata')).toBe('half_open')
  })

  it.each(['interactive', 'background'] as const)(
    'keep %s uploads from a provider whose breaker is open',
    async (priority) => {
      const { upload, first, clock } = await withOpenFirst()
      const before = clock.passed()
      expect(await upload({ priority })).toMatchObject({ provider: 'kubo' })
      expect(first.uploads).toEqual([])
      expect(clock.passed()).toBe(before)
    },
  )

  it('report why a provider was skipped, with no attempt counted', async () => {
    const { failureOf, chain } = await withOpenFirst(['pinata'])
    const error = await failureOf()
    expect(error.failures).toEqual([
      { provider: 'pinata', attempts: 0, error: expect.stringContaining('is cooling down') },
    ])
    expect(chain.canTry('interactive')).toBe(false)
    expect(chain.canTry('background')).toBe(false)
  })

  it('let one background upload probe a half-open provider, and no interactive one', async () => {
    const { chain, upload, first, clock } = await withOpenFirst()
    await clock.advance(10_000)
    expect(chain.canTry('background')).toBe(true)
    expect(await upload({ priority: 'interactive' })).toMatchObject({ provider: 'kubo' })
    expect(first.uploads).toEqual([])
    expect(await upload({ priority: 'background' })).toMatchObject({ provider: 'kubo' })
    expect(first.uploads).toHaveLength(1)
    expect(stateOf(chain, 'pinata')).toBe('open')
  })

  it('do not keep a last resort from a provider that rests: it is tried after the others', async () => {
    const { chain, providers, upload, entries, clock } = await withOpenFirst()
    const [first, second] = providers
    first?.always('store')
    second?.next(refused())
    entries.length = 0
    const before = clock.passed()
    expect(chain.canTry('lastResort')).toBe(true)
    expect(await upload({ priority: 'lastResort' })).toMatchObject({ provider: 'pinata' })
    expect(entries.map(({ provider, outcome }) => `${provider} ${outcome}`)).toEqual([
      'kubo failed',
      'pinata stored',
    ])
    expect(clock.passed()).toBe(before)
    expect(stateOf(chain, 'pinata')).toBe('closed')
  })

  it('cool down no longer for a last resort that fails', async () => {
    const { chain, failureOf, clock } = await withOpenFirst(['pinata'])
    await clock.advance(9000)
    expect((await failureOf({ priority: 'lastResort' })).failures).toMatchObject([{ attempts: 1 }])
    await clock.advance(1000)
    expect(stateOf(chain, 'pinata')).toBe('half_open')
  })

  it('let one probe through at a time', async () => {
    const { start, first, clock, providers } = await withOpenFirst()
    await clock.advance(10_000)
    first.always('hang')
    providers[1]?.uploads.splice(0)
    const uploads = [start(), start(), start()]
    await clock.advance(1)
    expect(first.uploads).toHaveLength(1)
    expect(providers[1]?.uploads).toHaveLength(2)
    await clock.until(Promise.all(uploads))
  })

  it('close for all uploads once a probe succeeds', async () => {
    const { upload, first, clock } = await withOpenFirst()
    first.always('store')
    await clock.advance(10_000)
    expect(await upload()).toMatchObject({ provider: 'pinata' })
    expect(await upload({ priority: 'interactive' })).toMatchObject({ provider: 'pinata' })
  })

  it('stop the retries of all waiting uploads once the provider has failed for some', async () => {
    const { chain, start, first, clock } = chainOf(['pinata', 'kubo'])
    first.always(unavailable())
    await clock.until(Promise.all(Array.from({ length: 20 }, () => start())))
    // Twenty first attempts are under way at once; they open the breaker.
    expect(first.uploads).toHaveLength(20)
    expect(stateOf(chain, 'pinata')).toBe('open')
    await clock.advance(10_000)
    expect(stateOf(chain, 'pinata')).toBe('half_open')
  })

  it('are checked again after the wait for a retry', async () => {
    const { start, first, clock } = chainOf(['pinata', 'kubo'])
    first.next(unavailable(9000)).always(unavailable())
    const waiting = start()
    await clock.advance(1)
    await clock.until(Promise.all([start(), start()]))
    first.uploads.length = 0
    expect(await clock.until(waiting)).toMatchObject({ provider: 'kubo' })
    expect(first.uploads).toEqual([])
  })

  it('allow one probe each after their cool-downs were reset', async () => {
    const { chain, failureOf, first } = await withOpenFirst(['pinata'])
    chain.resetCoolDowns()
    expect(chain.canTry('background')).toBe(true)
    expect(chain.canTry('interactive')).toBe(false)
    await failureOf()
    await failureOf()
    expect(first.uploads).toHaveLength(1)
  })

  it('stay closed when cool-downs are reset while they are closed', () => {
    const { chain } = chainOf(['pinata'])
    chain.resetCoolDowns()
    expect(stateOf(chain, 'pinata')).toBe('closed')
  })
})

describe('a probe by a lookup', () => {
  const never = new AbortController().signal

  it('is sent only to providers whose breaker is half-open', async () => {
    const { chain, providers, clock } = await withOpenFirst()
    await chain.probe('bafk', never)
    expect(providers.map(({ lookups }) => lookups)).toEqual([[], []])
    await clock.advance(10_000)
    await chain.probe('bafk', never)
    expect(providers.map(({ lookups }) => lookups)).toEqual([['bafk'], []])
  })

  it('closes the breaker when it is answered, until the first failed upload', async () => {
    const { chain, upload, first, clock } = await withOpenFirst()
    await clock.advance(10_000)
    await chain.probe('bafk', never)
    expect(chain.canTry('interactive')).toBe(true)
    expect(stateOf(chain, 'pinata')).toBe('closed')
    const before = clock.passed()
    expect(await upload({ priority: 'interactive' })).toMatchObject({ provider: 'kubo' })
    expect(first.uploads).toHaveLength(1)
    expect(clock.passed()).toBe(before)
    expect(stateOf(chain, 'pinata')).toBe('open')
  })

  it.each([['hang'], [unavailable()], [refused()]] as const)(
    'starts another cool-down when it fails (%s)',
    async (looking) => {
      const { chain, first, clock } = await withOpenFirst()
      first.looking = looking
      await clock.advance(10_000)
      await clock.until(chain.probe('bafk', never))
      expect(stateOf(chain, 'pinata')).toBe('open')
      await clock.advance(19_000)
      expect(stateOf(chain, 'pinata')).toBe('open')
      await clock.advance(1000)
      expect(stateOf(chain, 'pinata')).toBe('half_open')
    },
  )

  it('rejects with the reason of its signal when that aborts', async () => {
    const { chain, first, clock } = await withOpenFirst()
    first.looking = 'hang'
    await clock.advance(10_000)
    const stop = new AbortController()
    const probe = chain.probe('bafk', stop.signal)
    const reason = new Error('The service is shutting down')
    stop.abort(reason)
    await expect(probe).rejects.toBe(reason)
  })
})
