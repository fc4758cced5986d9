import type { CatalogEvent, CatalogEvents } from '#lib/catalog/events.ts'
import { firstReadBackAt } from '#lib/catalog/pin-transitions.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { WorkQueue } from '#lib/queue/queue.ts'

/** How long a clip that was given back is left alone: no provider could be tried, or its process stops. */
const GIVEN_BACK_FOR_MS = 1000

interface Options {
  workQueue: WorkQueue
  clock: Clock
  /**
   * Other processes take from the queue, too: each clip and each replica is a task of its own, at its own date. Otherwise one
   * run of what is due is enqueued for the earliest date of a clip, and replicas are made by that, by timers and traffic.
   */
  isShared: boolean
  forWebhooks: boolean
}

/** Enqueues the work that a change in the catalog makes due, at its date. Returns what ends that. */
export function enqueueDueWork(
  events: CatalogEvents,
  { workQueue, clock, isShared, forWebhooks }: Options,
): () => void {
  const isWanted: Record<Due['task']['kind'], boolean> = {
    upload: true,
    replicate: isShared,
    webhooks: forWebhooks,
    'read-back': true,
    scripts: true,
    deletions: true,
  }
  return events.subscribe((event) => {
    for (const { task, dueAt } of dueWorkOf(event, clock.now())) {
      if (isWanted[task.kind]) workQueue.enqueue(task.kind === 'upload' && !isShared ? dueWork : task, dueAt)
    }
  })
}

/** All that is due. */
export const dueWork = { kind: 'due-work', id: 'all' } as const

/** Clips that are stored one after the other are read back together. */
const READ_BACK_STEP_MS = 5000

/** The end of the step that `dueAt` falls into. */
export const inSteps = (dueAt: number) => Math.ceil(dueAt / READ_BACK_STEP_MS) * READ_BACK_STEP_MS

interface Due {
  task: { kind: 'webhooks' | 'upload' | 'replicate' | 'read-back' | 'scripts' | 'deletions'; id: string }
  dueAt: number
}

function dueWorkOf(event: CatalogEvent, now: number): Due[] {
  switch (event.type) {
    // The end of a clip has recorded a webhook.
    case 'stored':
    case 'settled':
      return [
        webhooksAt(now),
        ...(event.clip.unprovenSince === null ? [] : [readBackAt(firstReadBackAt(now))]),
      ]
    case 'expired':
      return [webhooksAt(now)]
    case 'script_due':
      return [{ task: { kind: 'scripts', id: 'all' }, dueAt: event.dueAt }]
    case 'deletion_due':
      return [{ task: { kind: 'deletions', id: 'all' }, dueAt: event.dueAt }]
    case 'webhook_due':
      return [webhooksAt(event.dueAt)]
    case 'postponed':
      return [{ task: { kind: 'upload', id: event.clipId }, dueAt: event.nextAttemptAt }]
    case 'released':
      return [{ task: { kind: 'upload', id: event.clipId }, dueAt: now + GIVEN_BACK_FOR_MS }]
    case 'replication_due':
      return [{ task: { kind: 'replicate', id: 'all' }, dueAt: event.dueAt }]
    case 'read_back_due':
      return [readBackAt(event.dueAt)]
    default:
      return []
  }
}

const webhooksAt = (dueAt: number): Due => ({ task: { kind: 'webhooks', id: 'all' }, dueAt })
const readBackAt = (dueAt: number): Due => ({ task: { kind: 'read-back', id: 'all' }, dueAt: inSteps(dueAt) })
