import { describe, expect, it } from 'vitest'
import { countRemaining, type PendingOptions, uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { retryAnswer, retryLimitSchema, untriedClip, untriedOf } from '#lib/http/answers/retry.ts'
import { refused } from '../../../support/fake-provider.ts'
import { speak, testServices, waitingClips } from '../../../support/services.ts'

describe('retryLimitSchema', () => {
  it.each([
    ['1', 1],
    ['100', 100],
    ['1000', 1000],
    ['007', 7],
  ])('accepts %s', (asked, expected) => {
    expect(retryLimitSchema.parse(asked)).toBe(expected)
  })

  it.each(['0', '1001', '-1', '1.5', '1e2', 'ten', '', ' 5', '99999999999'])('refuses %j', (asked) => {
    expect(retryLimitSchema.safeParse(asked).success).toBe(false)
  })
})

describe('the clips that a retry has not tried', () => {
  const all: PendingOptions = {
    limit: 1000,
    trigger: 'admin',
    signal: new AbortController().signal,
    dueOnly: false,
  }
  async function retried(services: Services, options: Partial<PendingOptions> = {}) {
    const result = await uploadPending(services, { ...all, ...options })
    return untriedOf(services, { ...result, remaining: await countRemaining(services) })
  }

  it('are none where each was tried, also in vain', async () => {
    const { services, clock, providers } = await testServices({ environment: { IPFS_RETRY_DELAYS_MS: ',' } })
    await waitingClips(services, 2)
    for (const provider of providers) provider.always(refused())
    expect(await clock.until(retried(services))).toEqual([])
    for (const provider of providers) provider.always('store')
    await clock.advance(1000)
    expect(await clock.until(retried(services))).toEqual([])
  })

  it('are those beyond the limit or the time of the call', async () => {
    const { services } = await testServices()
    await waitingClips(services, 3)
    expect(await retried(services, { signal: AbortSignal.abort() })).toEqual([
      { reason: 'time_limit', count: 3 },
    ])
    expect(await retried(services, { limit: 1 })).toEqual([{ reason: 'limit', count: 2 }])
  })

  it('are those that were left once every provider had failed repeatedly', async () => {
    const { services, clock, providers } = await testServices()
    await waitingClips(services, 20)
    for (const provider of providers) provider.always(refused())
    const result = await clock.until(uploadPending(services, all))
    const remaining = await countRemaining(services)
    expect(remaining).toBe(20)
    expect(await untriedOf(services, { ...result, remaining })).toEqual([
      { reason: 'cooling_down', count: 20 - result.failureCount },
    ])
  })

  it('are those that others work on', async () => {
    const { services, clock } = await testServices()
    const [id = ''] = await waitingClips(services, 1)
    const lease = { owner: 'another', expiresAt: clock.now() + 10_000 }
    await services.catalog.queue.claim({ limit: 1, now: clock.now(), lease, dueOnly: false })
    expect(await retried(services)).toEqual([{ reason: 'being_uploaded', count: 1 }])
    const one = await uploadPending(services, { ...all, limit: 1, id })
    expect(await untriedClip(services, id, one)).toEqual([{ reason: 'being_uploaded', count: 1 }])
  })

  it('is one that does not wait, or for which there is no provider', async () => {
    const { services } = await testServices()
    const { id } = await speak(services)
    const one = await uploadPending(services, { ...all, limit: 1, id })
    expect(await untriedClip(services, id, one)).toEqual([{ reason: 'not_waiting', count: 1 }])
    const alone = (await testServices({ providers: [] })).services
    const [waiting = ''] = await waitingClips(alone, 1)
    const none = await uploadPending(alone, { ...all, limit: 1, id: waiting })
    expect(await untriedClip(alone, waiting, none)).toEqual([{ reason: 'no_provider', count: 1 }])
  })

  it('are left out of the answer where there are none', async () => {
    const { services } = await testServices()
    const result = { processed: 0, successCount: 0, failureCount: 0, remaining: 0, results: [] }
    expect(retryAnswer(services, { ...result, untried: [] }, '')).toEqual({ success: true, ...result })
  })
})
