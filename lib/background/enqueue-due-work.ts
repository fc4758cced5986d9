import type { CatalogEvent, CatalogEvents } from '#lib/catalog/events.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { Task, WorkQueue } from '#lib/queue/queue.ts'

/** How long a clip that was given back is left alone: no provider could be tried, or its process stops. */
const GIVEN_BACK_FOR_MS = 1000

interface Options {
  workQueue: WorkQueue
  clock: Clock
  /** Clips and replicas are worked on at their own dates; otherwise the timer and traffic take them up. */
  forClips: boolean
  forWebhooks: boolean
}

/** Enqueues the work that a change in the catalog makes due, at its date. Returns what ends that. */
export function enqueueDueWork(
  events: CatalogEvents,
  { workQueue, clock, forClips, forWebhooks }: Options,
): () => void {
  return events.subscribe((event) => {
    const due = dueWorkOf(event, clock.now())
    if (!due) return
    const isWanted = due.task.kind === 'webhooks' ? forWebhooks : forClips
    if (isWanted) workQueue.enqueue(due.task, due.dueAt)
  })
}

function dueWorkOf(event: CatalogEvent, now: number): { task: Task; dueAt: number } | undefined {
  switch (event.type) {
    // The end of a clip has recorded a webhook.
    case 'stored':
    case 'settled':
    case 'expired':
      return { task: { kind: 'webhooks', id: 'all' }, dueAt: now }
    case 'webhook_due':
      return { task: { kind: 'webhooks', id: 'all' }, dueAt: event.dueAt }
    case 'postponed':
      return { task: { kind: 'upload', id: event.clipId }, dueAt: event.nextAttemptAt }
    case 'released':
      return { task: { kind: 'upload', id: event.clipId }, dueAt: now + GIVEN_BACK_FOR_MS }
    case 'replication_due':
      return { task: { kind: 'replicate', id: 'all' }, dueAt: event.dueAt }
    default:
      return undefined
  }
}
