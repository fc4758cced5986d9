import { describe, expect, it } from 'vitest'
import { ProviderError } from '#lib/model/errors.ts'
import { refused, unavailable } from '../../../support/fake-provider.ts'
import { ATTEMPT_TIMEOUT_MS, chainOf, DELAYS_MS, PATIENCE_MS, someClip } from './chain-subject.ts'

describe('the chain', () => {
  it('gives a clip to the first provider and to no other', async () => {
    const { upload, providers } = chainOf(['pinata', 'kubo'])
    const content = someClip()
    expect(await upload({ content })).toEqual({
      provider: 'pinata',
      ipfsHash: content.cid,
      gatewayUrl: 'https://pinata.test',
    })
    expect(providers.map(({ uploads }) => uploads.length)).toEqual([1, 0])
  })

  it('keeps the CID that the provider answered', async () => {
    const { upload, first } = chainOf(['pinata'])
    first.next(async () => ({ cid: 'bafk-legacy' }))
    expect(await upload()).toMatchObject({ ipfsHash: 'bafk-legacy' })
  })

  it('fails where no provider is configured', async () => {
    const { failureOf } = chainOf([])
    const error = await failureOf()
    expect(error).toMatchObject({ message: 'No IPFS provider is configured', failures: [], attempts: 0 })
  })

  it('tries a provider once more after each listed wait, then the next one', async () => {
    const { upload, providers, clock, entries } = chainOf(['pinata', 'kubo'])
    const triedAt: number[] = []
    providers[0]?.always(async () => {
      triedAt.push(clock.passed())
      throw unavailable()
    })
    expect(await upload()).toMatchObject({ provider: 'kubo' })
    expect(triedAt).toEqual([0, 1000, 3000, 7000])
    expect(clock.passed()).toBe(7000)
    expect(entries.map(({ provider, outcome }) => `${provider} ${outcome}`)).toEqual([
      ...Array(4).fill('pinata failed'),
      'kubo stored',
    ])
  })

  it('stretches the waits by chance and never shortens them', async () => {
    const { upload, first, clock } = chainOf(['pinata'])
    const lucky = chainOf(['pinata'], { clock: { ...clock, random: () => 0.999 } })
    for (const chain of [{ upload, first }, lucky])
      chain.first.next(unavailable(), unavailable(), unavailable())
    await upload()
    expect(clock.passed()).toBe(7000)
    await clock.until(lucky.start())
    expect(clock.passed() - 7000).toBeGreaterThan(7000 * 1.19)
    expect(clock.passed() - 7000).toBeLessThanOrEqual(7000 * 1.2)
  })

  it('makes as many retries as there are waits', async () => {
    const { failureOf, first } = chainOf(['pinata'], { retryDelaysMs: [] })
    first.always(unavailable())
    expect((await failureOf()).failures).toMatchObject([{ provider: 'pinata', attempts: 1 }])
  })

  it('goes on at once where no retry can help', async () => {
    const { upload, providers, clock } = chainOf(['pinata', 'kubo'])
    providers[0]?.always(refused())
    expect(await upload()).toMatchObject({ provider: 'kubo' })
    expect(providers[0]?.uploads).toHaveLength(1)
    expect(clock.passed()).toBe(0)
  })

  it('takes a foreign CID for a failed attempt and goes on', async () => {
    const { upload, providers, entries } = chainOf(['pinata', 'kubo'])
    providers[0]?.always(async () => {
      throw new ProviderError('Answered another CID', { isRetryable: false })
    })
    expect(await upload()).toMatchObject({ provider: 'kubo' })
    expect(entries[0]).toMatchObject({ outcome: 'failed', error: { message: 'Answered another CID' } })
  })

  it.each([1, 500, 1001, PATIENCE_MS])('waits %i ms where Retry-After says so', async (retryAfterMs) => {
    const { upload, first, clock } = chainOf(['pinata'])
    first.next(unavailable(retryAfterMs))
    await upload()
    expect(clock.passed()).toBe(Math.max(retryAfterMs, DELAYS_MS[0] as number))
  })

  it('does not wait for a Retry-After beyond its patience: the next provider takes the clip', async () => {
    const { upload, providers, clock } = chainOf(['pinata', 'kubo'])
    providers[0]?.always(unavailable(PATIENCE_MS + 1))
    expect(await upload()).toMatchObject({ provider: 'kubo' })
    expect(clock.passed()).toBe(0)
  })

  it.each(['hang', 'hang_after_storing'] as const)(
    'ends a try at its time limit even where the provider ignores its signal: %s',
    async (behaviour) => {
      const { upload, first, clock, entries } = chainOf(['pinata'])
      first.next(behaviour)
      await upload()
      expect(clock.passed()).toBe(ATTEMPT_TIMEOUT_MS + 1000)
      expect(entries[0]).toMatchObject({ outcome: 'failed', durationMs: ATTEMPT_TIMEOUT_MS })
      expect(entries[0]?.error?.message).toBe('No answer within 30000 ms')
      expect(first.doubles).toBe(0)
    },
  )

  it('tells the provider when its time is up', async () => {
    const { upload, first } = chainOf(['pinata'])
    let signal: AbortSignal | undefined
    first.next((_, given) => {
      signal = given
      return new Promise(() => {})
    })
    await upload()
    expect(signal?.aborted).toBe(true)
  })

  it('says what failed at each provider and how often, without secrets', async () => {
    const { failureOf, providers } = chainOf(['pinata', 'kubo'])
    providers[0]?.always(new ProviderError('No entry for s3cret', { isRetryable: false }))
    providers[1]?.always(unavailable())
    const error = await failureOf()
    expect(error.failures).toEqual([
      { provider: 'pinata', attempts: 1, error: 'No entry for [secret]' },
      { provider: 'kubo', attempts: 4, error: 'Answered 503 Service Unavailable' },
    ])
    expect(error.message).toBe('pinata: No entry for [secret]; kubo: Answered 503 Service Unavailable')
    expect(error.attempts).toBe(5)
    expect((error.cause as AggregateError).errors).toHaveLength(2)
  })

  it('takes an error that says nothing of itself for one that no retry mends', async () => {
    const { upload, providers, entries } = chainOf(['pinata', 'kubo'])
    providers[0]?.always(new TypeError('a bug'))
    expect(await upload()).toMatchObject({ provider: 'kubo' })
    expect(entries[0]?.error).toMatchObject({ isRetryable: false, mayHaveStored: true })
  })
})

describe('a chain that is told to stop', () => {
  const reason = new Error('The service is shutting down')

  it('stops in the middle of a try, and leaves it running in the attemptLog', async () => {
    const { start, first, clock, entries } = chainOf(['pinata', 'kubo'])
    first.next('hang')
    const stop = new AbortController()
    const upload = start({ signal: stop.signal })
    await clock.advance(10)
    stop.abort(reason)
    await expect(upload).rejects.toBe(reason)
    expect(entries).toEqual([{ provider: 'pinata' }])
    expect(clock.sleeping()).toBe(0)
  })

  it('stops in the middle of a wait', async () => {
    const { start, first, clock, entries } = chainOf(['pinata', 'kubo'])
    first.always(unavailable())
    const stop = new AbortController()
    const upload = start({ signal: stop.signal })
    await clock.advance(500)
    stop.abort(reason)
    await expect(upload).rejects.toBe(reason)
    expect(entries).toHaveLength(1)
    expect(clock.sleeping()).toBe(0)
  })

  it('does not start', async () => {
    const { start, entries } = chainOf(['pinata'])
    await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(entries).toEqual([])
  })
})

describe('a chain whose attemptLog fails', () => {
  it('tries nobody: what cannot be written down is not begun', async () => {
    const { chain, first, attemptLog } = chainOf(['pinata'])
    const failure = new Error('The catalog is locked')
    const options = { priority: 'interactive', signal: new AbortController().signal } as const
    const broken = { ...attemptLog, begin: () => Promise.reject(failure) }
    await expect(chain.upload(someClip(), { ...options, attemptLog: broken })).rejects.toBe(failure)
    expect(first.uploads).toEqual([])
  })

  it('has the clip stored whether or not that can be written down', async () => {
    const { chain, attemptLog } = chainOf(['pinata'])
    const options = { priority: 'interactive', signal: new AbortController().signal } as const
    const broken = { ...attemptLog, end: () => Promise.reject(new Error('The catalog is locked')) }
    expect(await chain.upload(someClip(), { ...options, attemptLog: broken })).toMatchObject({
      provider: 'pinata',
    })
  })
})
