import { describe, expect, it } from 'vitest'
import { enqueueDueWork } from '#lib/background/enqueue-due-work.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { refused } from '../../support/fake-provider.ts'
import { speak, testServices, waitingClips } from '../../support/services.ts'

const never = new AbortController().signal
const allNow = { limit: 100, trigger: 'admin', signal: never, dueOnly: false } as const

/** Services that ring, and what they have rung for. */
async function ringing({
  forClips = true,
  forWebhooks = true,
  environment = {} as Record<string, string>,
} = {}) {
  const world = await testServices({ environment })
  const rung: string[] = []
  const workQueue: Services['workQueue'] = {
    enqueue: ({ kind, id }, dueAt) => rung.push(`${kind} ${id} ${dueAt - world.clock.now()}`),
    work: () => async () => {},
    close: async () => {},
  }
  enqueueDueWork(world.services.events, { workQueue, clock: world.clock, forClips, forWebhooks })
  return { ...world, rung }
}

describe('the doorbell rings', () => {
  it('for a clip whose round has failed, at its next date', async () => {
    const { services, clock, providers, rung } = await ringing()
    for (const provider of providers) provider.always(refused())
    const clip = await speak(services)
    const { nextAttemptAt } = (await services.catalog.clips.find(clip.id)) ?? {}
    expect(rung).toEqual([`upload ${clip.id} ${Number(nextAttemptAt) - clock.now()}`])
  })

  it('a moment later for a clip that nobody could be tried for', async () => {
    const { services, rung } = await ringing()
    const [id] = await waitingClips(services, 1)
    expect(rung).toEqual([`upload ${id} 1000`])
  })

  it('for replicas that are wanted, and for those that could not be made, at their next date', async () => {
    const { services, clock, rung } = await ringing({ environment: { IPFS_REPLICAS: '2' } })
    const { id } = await speak(services)
    expect(rung).toEqual(['webhooks all 0', 'replicate all 0'])
    await services.catalog.replications.postpone(id, {
      error: 'refused',
      nextAttemptAt: clock.now() + 2000,
      hasFailed: true,
    })
    expect(rung.at(-1)).toBe('replicate all 2000')
  })

  it('for webhooks at the end of a clip, once, and at the next date of one that did not get through', async () => {
    const { services, clock, rung } = await ringing()
    const { id } = await speak(services)
    await services.catalog.clips.expire(id, { error: 'late', now: clock.now() })
    await services.catalog.webhooks.postpone('msg', { error: '500', nextAttemptAt: clock.now() + 5000 })
    expect(rung).toEqual(['webhooks all 0', 'webhooks all 5000'])
  })

  it('not for a round that has lost its clip to somebody else', async () => {
    const { services, clock, rung } = await ringing()
    const { id } = await speak(services)
    const round = { leaseOwner: 'another', error: 'x', lastRoundAt: 0, nextAttemptAt: clock.now() + 1000 }
    await services.catalog.clips.postpone(id, round)
    expect(rung).toEqual(['webhooks all 0'])
  })

  it('not for clips where timer and traffic take them up, and not for webhooks that nobody gets', async () => {
    const { services, providers, rung } = await ringing({ forClips: false, forWebhooks: false })
    for (const provider of providers) provider.next(refused())
    await speak(services)
    await uploadPending(services, allNow)
    expect(rung).toEqual([])
  })
})
