import { describe, expect, it } from 'vitest'
import type { AttemptLog } from '#lib/ipfs/chain/upload-run.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { refused, unavailable } from '../../../support/fake-provider.ts'
import { ATTEMPT_TIMEOUT_MS, chainOf, DELAYS_MS, MAX_RETRY_AFTER_MS, someClip } from './chain-subject.ts'

describe('the chain of providers', () => {
  it('uploads a clip to the first provider and to no other', async () => {
    const { upload, providers } = chainOf(['pinata', 'kubo'])
    const content = someClip()
    expect(await upload({ content })).toEqual({
      provider: 'pinata',
      ipfsHash: content.cid,
      gatewayUrl: 'https://pinata.test',
    })
    expect(providers.map(({ uploads }) => uploads.length)).toEqual([1, 0])
  })

  it('returns the CID that the provider answered', async () => {
    const { upload, first } = chainOf(['pinata'])
    first.next(async () => ({ cid: 'bafk-legacy' }))
    expect(await upload()).toMatchObject({ ipfsHash: 'bafk-legacy' })
  })

  it('fails when no provider is configured', async () => {
    const { failureOf } = chainOf([])
    const error = await failureOf()
    expect(error).toMatchObject({ message: 'No IPFS provider is configured', failures: [], attempts: 0 })
  })

  it('retries a provider after each of the configured waits', async () => {
    const { failureOf, first, clock, entries } = chainOf(['pinata'])
    const attemptedAt: number[] = []
    first.always(async () => {
      attemptedAt.push(clock.passed())
      throw unavailable()
    })
    await failureOf()
    expect(attemptedAt).toEqual([0, 1000, 3000, 7000])
    expect(clock.passed()).toBe(7000)
    expect(entries.map(({ outcome }) => outcome)).toEqual(Array(4).fill('failed'))
  })

  it('lengthens the waits by a random share and never shortens them', async () => {
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

  it('makes as many retries as waits are configured', async () => {
    const { failureOf, first } = chainOf(['pinata'], { retryDelaysMs: [] })
    first.always(unavailable())
    expect((await failureOf()).failures).toMatchObject([{ provider: 'pinata', attempts: 1 }])
  })

  it('tries the next provider at once when no retry can help', async () => {
    const { upload, providers, clock } = chainOf(['pinata', 'kubo'])
    providers[0]?.always(refused())
    expect(await upload()).toMatchObject({ provider: 'kubo' })
    expect(providers[0]?.uploads).toHaveLength(1)
    expect(clock.passed()).toBe(0)
  })

  it('counts the CID of other content as a failed attempt and tries the next provider', async () => {
    const { upload, providers, entries } = chainOf(['pinata', 'kubo'])
    providers[0]?.always(async () => {
      throw new ProviderError('Answered another CID', { isRetryable: false })
    })
    expect(await upload()).toMatchObject({ provider: 'kubo' })
    expect(entries[0]).toMatchObject({ outcome: 'failed', error: { message: 'Answered another CID' } })
  })

  it.each([1, 500, 1001, MAX_RETRY_AFTER_MS])(
    'waits as long as a Retry-After of %i ms says, or the configured wait if that is longer',
    async (retryAfterMs) => {
      const { upload, first, clock } = chainOf(['pinata'])
      first.next(unavailable(retryAfterMs))
      await upload()
      expect(clock.passed()).toBe(Math.max(retryAfterMs, DELAYS_MS[0] as number))
    },
  )

  it('tries the next provider at once when Retry-After is longer than it accepts', async () => {
    const { upload, providers, clock } = chainOf(['pinata', 'kubo'])
    providers[0]?.always(unavailable(MAX_RETRY_AFTER_MS + 1))
    expect(await upload()).toMatchObject({ provider: 'kubo' })
    expect(clock.passed()).toBe(0)
  })

  it.each(['hang', 'hang_after_storing'] as const)(
    'ends an attempt at its time limit even when the provider ignores its signal: %s',
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

  it('gives a large clip as many times longer as it has more than 4 MiB, and says so to the log', async () => {
    const timeouts: number[] = []
    const { chain, first, clock, entries, attemptLog } = chainOf(['pinata'])
    first.next('hang')
    const content = { ...someClip(), car: new Blob([new Uint8Array(12 * MEBIBYTE)]) }
    const log: AttemptLog = {
      ...attemptLog,
      begin(provider, { timeoutMs }) {
        timeouts.push(timeoutMs)
        return attemptLog.begin(provider)
      },
    }
    await clock.until(
      chain.upload(content, {
        priority: 'background',
        attemptLog: log,
        ambiguous: [],
        signal: new AbortController().signal,
      }),
    )
    expect(timeouts).toEqual([3 * ATTEMPT_TIMEOUT_MS, 3 * ATTEMPT_TIMEOUT_MS])
    expect(entries[0]).toMatchObject({ outcome: 'failed', durationMs: 3 * ATTEMPT_TIMEOUT_MS })
  })

  it('aborts the signal of the provider when the time of the attempt is up', async () => {
    const { upload, first } = chainOf(['pinata'])
    let signal: AbortSignal | undefined
    first.next((_, given) => {
      signal = given
      return new Promise(() => {})
    })
    await upload()
    expect(signal?.aborted).toBe(true)
  })

  it('reports how often each provider failed and why, without secrets', async () => {
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

  it('does not retry after an error that is no ProviderError', async () => {
    const { upload, providers, entries } = chainOf(['pinata', 'kubo'])
    providers[0]?.always(new TypeError('a bug'))
    expect(await upload()).toMatchObject({ provider: 'kubo' })
    expect(entries[0]?.error).toMatchObject({ isRetryable: false, mayHaveStored: true })
  })
})

describe('an upload whose signal aborts', () => {
  const reason = new Error('The service is shutting down')

  it('stops in the middle of an attempt, which the log shows as not ended', async () => {
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

  it('stops in the middle of the wait for a retry', async () => {
    const { start, first, clock, entries } = chainOf(['pinata'])
    first.always(unavailable())
    const stop = new AbortController()
    const upload = start({ signal: stop.signal })
    await clock.advance(500)
    stop.abort(reason)
    await expect(upload).rejects.toBe(reason)
    expect(entries).toHaveLength(1)
    expect(clock.sleeping()).toBe(0)
  })

  it('does not start when the signal has aborted before', async () => {
    const { start, entries } = chainOf(['pinata'])
    await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(entries).toEqual([])
  })
})

describe('an upload whose attempt log fails', () => {
  it('tries no provider when the attempt cannot be recorded', async () => {
    const { chain, first, attemptLog } = chainOf(['pinata'])
    const failure = new Error('The catalog is locked')
    const options = { priority: 'interactive', signal: new AbortController().signal } as const
    const broken = { ...attemptLog, begin: () => Promise.reject(failure) }
    await expect(chain.upload(someClip(), { ...options, attemptLog: broken })).rejects.toBe(failure)
    expect(first.uploads).toEqual([])
  })

  it('succeeds when the provider has stored the clip and the end cannot be recorded', async () => {
    const { chain, attemptLog } = chainOf(['pinata'])
    const options = { priority: 'interactive', signal: new AbortController().signal } as const
    const broken = { ...attemptLog, end: () => Promise.reject(new Error('The catalog is locked')) }
    expect(await chain.upload(someClip(), { ...options, attemptLog: broken })).toMatchObject({
      provider: 'pinata',
    })
  })
})
