import type { Catalog } from '#lib/catalog/catalog.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { WorkQueue } from '#lib/queue/queue.ts'

/** How long a clip that was given back is left alone: nobody could be tried, or its process stops. */
const GIVEN_BACK_FOR_MS = 1000

/**
 * The same catalog, ringing for the work that a change makes due, at its date, once the change is committed.
 *
 * `ringsForClips`: clips and replicas are worked on at their own dates; otherwise the timer and traffic take them up.
 */
export function enqueueDueWork(
  catalog: Catalog,
  options: { workQueue: WorkQueue; clock: Clock; ringsForClips: boolean; ringsForWebhooks: boolean },
): Catalog {
  const { workQueue, clock, ringsForClips, ringsForWebhooks } = options
  const { clips, queue, replications, webhooks } = catalog
  const ringUpload = (id: string, dueAt: number) => {
    if (ringsForClips) workQueue.enqueue({ kind: 'upload', id }, dueAt)
  }
  const ringReplicate = (dueAt: number) => {
    if (ringsForClips) workQueue.enqueue({ kind: 'replicate', id: 'all' }, dueAt)
  }
  const ringWebhooks = (dueAt: number) => {
    if (ringsForWebhooks) workQueue.enqueue({ kind: 'webhooks', id: 'all' }, dueAt)
  }
  /** A clip that has come to its end is told of. */
  const ending =
    <Rest extends unknown[]>(method: (...rest: Rest) => Promise<boolean>) =>
    async (...rest: Rest) => {
      const hasEnded = await method(...rest)
      if (hasEnded) ringWebhooks(clock.now())
      return hasEnded
    }
  return {
    ...catalog,
    clips: {
      ...clips,
      store: ending(clips.store),
      settle: ending(clips.settle),
      expire: ending(clips.expire),
      async postpone(id, round) {
        const isWaiting = await clips.postpone(id, round)
        if (isWaiting) ringUpload(id, round.nextAttemptAt)
        return isWaiting
      },
    },
    queue: {
      ...queue,
      async release(owner, id) {
        await queue.release(owner, id)
        if (id) ringUpload(id, clock.now() + GIVEN_BACK_FOR_MS)
      },
    },
    replications: {
      ...replications,
      async want(replicas, now, clipId) {
        await replications.want(replicas, now, clipId)
        ringReplicate(now)
      },
      async postpone(clipId, round) {
        await replications.postpone(clipId, round)
        ringReplicate(round.nextAttemptAt)
      },
    },
    webhooks: {
      ...webhooks,
      async postpone(id, facts) {
        await webhooks.postpone(id, facts)
        ringWebhooks(facts.nextAttemptAt)
      },
    },
  }
}
