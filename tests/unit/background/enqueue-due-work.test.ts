import { describe, expect, it } from 'vitest'
import { enqueueDueWork } from '#lib/background/enqueue-due-work.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { refused } from '../../support/fake-provider.ts'
import { speak, testServices, waitingClips } from '../../support/services.ts'

const never = new AbortController().signal
const allNow = { limit: 100, trigger: 'admin', signal: never, dueOnly: false } as const

/** A new clip is read back after 5 s, at the end of a step of 5 s. */
const readBackSoon = expect.stringMatching(/^read-back all ([5-9]\d{3}|10000)$/)

/** Services, and what they have enqueued: the task, and in how many milliseconds it is due. */
async function recording({
  isShared = true,
  forWebhooks = true,
  environment = {} as Record<string, string>,
} = {}) {
  const world = await testServices({ environment })
  const enqueued: string[] = []
  const workQueue: Services['workQueue'] = {
    enqueue: ({ kind, id }, dueAt) => enqueued.push(`${kind} ${id} ${dueAt - world.clock.now()}`),
    work: () => async () => {},
    close: async () => {},
  }
  enqueueDueWork(world.services.events, { workQueue, clock: world.clock, isShared, forWebhooks })
  return { ...world, enqueued }
}

describe('the catalog’s changes enqueue', () => {
  it('an upload of a clip whose round has failed, at its next date', async () => {
    const { services, clock, providers, enqueued } = await recording()
    for (const provider of providers) provider.always(refused())
    const clip = await speak(services)
    const { nextAttemptAt } = (await services.catalog.clips.find(clip.id)) ?? {}
    expect(enqueued).toEqual([`upload ${clip.id} ${Number(nextAttemptAt) - clock.now()}`])
  })

  it('an upload of a clip that was given back untried, a second later', async () => {
    const { services, enqueued } = await recording()
    const [id] = await waitingClips(services, 1)
    expect(enqueued).toEqual([`upload ${id} 1000`])
  })

  it('replication where replicas are missing, and again at the next date of one that failed', async () => {
    const { services, clock, enqueued } = await recording({ environment: { IPFS_REPLICAS: '2' } })
    const { id } = await speak(services)
    expect(enqueued).toEqual(['webhooks all 0', readBackSoon, 'replicate all 0'])
    await services.catalog.replications.postpone(id, {
      error: 'refused',
      nextAttemptAt: clock.now() + 2000,
      hasFailed: true,
    })
    expect(enqueued.at(-1)).toBe('replicate all 2000')
  })

  it('webhooks at the end of a clip, once, and again at the next date of one that failed', async () => {
    const { services, clock, enqueued } = await recording()
    const { id } = await speak(services)
    await services.catalog.clips.expire(id, { error: 'late', now: clock.now() })
    await services.catalog.webhooks.postpone('msg', { error: '500', nextAttemptAt: clock.now() + 5000 })
    expect(enqueued).toEqual(['webhooks all 0', readBackSoon, 'webhooks all 5000'])
  })

  it('nothing for a round that has lost its lease', async () => {
    const { services, clock, enqueued } = await recording()
    const { id } = await speak(services)
    const round = { leaseOwner: 'another', error: 'x', lastRoundAt: 0, nextAttemptAt: clock.now() + 1000 }
    await services.catalog.clips.postpone(id, round)
    expect(enqueued).toEqual(['webhooks all 0', readBackSoon])
  })

  it('one run of all that is due where the queue is not shared, and no webhooks where there is no receiver', async () => {
    const { services, clock, providers, enqueued } = await recording({ isShared: false, forWebhooks: false })
    for (const provider of providers) provider.next(refused())
    const { id } = await speak(services)
    const { nextAttemptAt } = (await services.catalog.clips.find(id)) ?? {}
    await uploadPending(services, allNow)
    expect(enqueued).toEqual([`due-work all ${Number(nextAttemptAt) - clock.now()}`])
  })
})
