import { describe, expect, it } from 'vitest'
import { refused, unavailable } from '../../../support/fake-provider.ts'
import { chainOf, PATIENCE_MS, stateOf } from './chain-subject.ts'

/** A chain whose first provider has been found sick. */
async function withSickFirst(names = ['pinata', 'kubo']) {
  const world = chainOf(names)
  world.first.always(unavailable())
  await world.upload().catch(() => {})
  await world.upload().catch(() => {})
  expect(stateOf(world.chain, 'pinata')).toBe('open')
  world.first.uploads.length = 0
  return world
}

describe('the breakers of a chain', () => {
  it('open after two clips with all their retries', async () => {
    const { chain, upload, first } = chainOf(['pinata', 'kubo'])
    first.always(unavailable())
    await upload()
    expect(stateOf(chain, 'pinata')).toBe('closed')
    await upload()
    expect(stateOf(chain, 'pinata')).toBe('open')
    expect(first.uploads).toHaveLength(8)
  })

  it('open at once for a Retry-After beyond patience, for as long as it asks', async () => {
    const { chain, upload, first, clock } = chainOf(['pinata', 'kubo'])
    first.next(unavailable(PATIENCE_MS + 50_000))
    await upload()
    expect(stateOf(chain, 'pinata')).toBe('open')
    await clock.advance(PATIENCE_MS + 49_000)
    expect(stateOf(chain, 'pinata')).toBe('open')
    await clock.advance(1001)
    expect(stateOf(chain, 'pinata')).toBe('half_open')
  })

  it.each(['interactive', 'background'] as const)('keep a %s from an open provider', async (priority) => {
    const { upload, first, clock } = await withSickFirst()
    const before = clock.passed()
    expect(await upload({ priority })).toMatchObject({ provider: 'kubo' })
    expect(first.uploads).toEqual([])
    expect(clock.passed()).toBe(before)
  })

  it('say of a provider that was left out why, and that it was not tried', async () => {
    const { failureOf, chain } = await withSickFirst(['pinata'])
    const error = await failureOf()
    expect(error.failures).toEqual([
      { provider: 'pinata', attempts: 0, error: expect.stringContaining('is being rested') },
    ])
    expect(chain.canTry('interactive')).toBe(false)
    expect(chain.canTry('background')).toBe(false)
  })

  it('let the background probe a rested provider once, and no caller', async () => {
    const { chain, upload, first, clock } = await withSickFirst()
    await clock.advance(10_000)
    expect(chain.canTry('background')).toBe(true)
    expect(await upload({ priority: 'interactive' })).toMatchObject({ provider: 'kubo' })
    expect(first.uploads).toEqual([])
    expect(await upload({ priority: 'background' })).toMatchObject({ provider: 'kubo' })
    expect(first.uploads).toHaveLength(1)
    expect(stateOf(chain, 'pinata')).toBe('open')
  })

  it('let one probe through at a time', async () => {
    const { start, first, clock, providers } = await withSickFirst()
    await clock.advance(10_000)
    first.always('hang')
    const uploads = [start(), start(), start()]
    await clock.advance(1)
    expect(first.uploads).toHaveLength(1)
    expect(providers[1]?.uploads).toHaveLength(4)
    await clock.until(Promise.all(uploads))
  })

  it('close for everybody once a probe succeeds', async () => {
    const { upload, first, clock } = await withSickFirst()
    first.always('store')
    await clock.advance(10_000)
    expect(await upload()).toMatchObject({ provider: 'pinata' })
    expect(await upload({ priority: 'interactive' })).toMatchObject({ provider: 'pinata' })
  })

  it('spare a sick provider the retries of everybody who was waiting', async () => {
    const { chain, start, first, clock } = chainOf(['pinata', 'kubo'])
    first.always(unavailable())
    await clock.until(Promise.all(Array.from({ length: 20 }, () => start())))
    // Twenty first tries are under way at once; after them it is known to be sick.
    expect(first.uploads).toHaveLength(20)
    expect(stateOf(chain, 'pinata')).toBe('open')
    await clock.advance(10_000)
    expect(stateOf(chain, 'pinata')).toBe('half_open')
  })

  it('are heeded again after a wait: what others have found out meanwhile counts', async () => {
    const { start, first, clock } = chainOf(['pinata', 'kubo'])
    first.next(unavailable(9000)).always(unavailable())
    const patient = start()
    await clock.advance(1)
    await clock.until(Promise.all([start(), start()]))
    first.uploads.length = 0
    expect(await clock.until(patient)).toMatchObject({ provider: 'kubo' })
    expect(first.uploads).toEqual([])
  })

  it('can all be told to end their rests, for one probe each', async () => {
    const { chain, failureOf, first } = await withSickFirst(['pinata'])
    chain.resetCoolDowns()
    expect(chain.canTry('background')).toBe(true)
    expect(chain.canTry('interactive')).toBe(false)
    await failureOf()
    await failureOf()
    expect(first.uploads).toHaveLength(1)
  })

  it('leave healthy providers alone when they are told to end their rests', () => {
    const { chain } = chainOf(['pinata'])
    chain.resetCoolDowns()
    expect(stateOf(chain, 'pinata')).toBe('closed')
  })
})

describe('a question as a probe', () => {
  const never = new AbortController().signal

  it('is asked of rested providers only', async () => {
    const { chain, providers, clock } = await withSickFirst()
    await chain.probe('bafk', never)
    expect(providers.map(({ lookups }) => lookups)).toEqual([[], []])
    await clock.advance(10_000)
    await chain.probe('bafk', never)
    expect(providers.map(({ lookups }) => lookups)).toEqual([['bafk'], []])
  })

  it('that is answered lets callers in again, until the first failure', async () => {
    const { chain, upload, first, clock } = await withSickFirst()
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
    'that fails (%s) is another rest',
    async (looking) => {
      const { chain, first, clock } = await withSickFirst()
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

  it('ends with the signal', async () => {
    const { chain, first, clock } = await withSickFirst()
    first.looking = 'hang'
    await clock.advance(10_000)
    const stop = new AbortController()
    const probe = chain.probe('bafk', stop.signal)
    const reason = new Error('The service is shutting down')
    stop.abort(reason)
    await expect(probe).rejects.toBe(reason)
  })
})
