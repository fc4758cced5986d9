import type { Clock } from '#lib/platform/clock.ts'
import type { CatalogEvent, CatalogEvents } from './events.ts'
import { firstReadBackAt } from './pin-transitions.ts'

/** What may wait: clips and captions for IPFS, those that are due among them, replicas, clips that are to be read back. */
type Kind = 'backlog' | 'due' | 'replicas' | 'readBacks'

/** How long work stays unseen of which no event has told: that of other processes, and what waits for a date. */
const LOOK_AGAIN_MS = 5000

/** What this process knows of work that waits, so that it need not ask the catalog after each answer. */
export interface WorkHints {
  /**
   * Runs `look`, which does what waits, unless the last one has found nothing, no event has told of work since, and it was
   * less than five seconds ago. `undefined` where it is not run.
   */
  look<T>(kind: Kind, look: () => Promise<T>, hasFound: (result: T) => boolean): Promise<T | undefined>
}

/** Nothing is known at first, so that the first look is always made. */
export function createWorkHints(events: CatalogEvents, { now }: Pick<Clock, 'now'>): WorkHints {
  const lookAt: Record<Kind, number> = { backlog: 0, due: 0, replicas: 0, readBacks: 0 }
  events.subscribe((event) => {
    for (const [kind, dueAt] of workOf(event, now())) lookAt[kind] = Math.min(lookAt[kind], dueAt)
  })
  return {
    async look(kind, look, hasFound) {
      const waitMs = lookAt[kind] - now()
      // A wait that is longer was begun before the clock was set back.
      if (waitMs > 0 && waitMs <= LOOK_AGAIN_MS) return undefined
      // Before the look, so that what is told of meanwhile counts.
      lookAt[kind] = now() + LOOK_AGAIN_MS
      let isOver = false
      try {
        const result = await look()
        isOver = !hasFound(result)
        return result
      } finally {
        if (!isOver) lookAt[kind] = 0
      }
    },
  }
}

function workOf(event: CatalogEvent, now: number): [Kind, number][] {
  const waiting: [Kind, number][] = [
    ['backlog', now],
    ['due', now],
  ]
  switch (event.type) {
    case 'postponed':
      return [
        ['backlog', now],
        ['due', event.nextAttemptAt],
      ]
    case 'released':
    // Captions that no provider took in their time are made once more.
    case 'expired':
      return waiting
    case 'stored':
    case 'settled':
      return [
        ...(event.clip.captionsCid === null ? [] : waiting),
        ...(event.clip.unprovenSince === null ? [] : [['readBacks', firstReadBackAt(now)] as [Kind, number]]),
      ]
    case 'replication_due':
      return [['replicas', event.dueAt]]
    case 'read_back_due':
      return [['readBacks', event.dueAt]]
    default:
      return []
  }
}
