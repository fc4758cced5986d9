import { EventEmitter } from 'node:events'
import type { Clip } from '#lib/model/clip.ts'

/**
 * What a call of the catalog has done, told once it is committed. `clip` is the record as it is then.
 *
 * - `superseded`: nothing, because the record is gone or somebody else has taken the clip further
 * - `settled`: the clip was stored without ever being staged here
 * - `released`: its lease was given back with nothing done
 * - `replication_due`, `webhook_due`: there is work of this kind at `dueAt`
 */
export type CatalogEvent =
  | { type: 'reserved' | 'discarded' | 'released' | 'superseded'; clipId: string }
  | { type: 'staged' | 'stored' | 'settled' | 'expired'; clipId: string; clip: Clip }
  | { type: 'postponed'; clipId: string; nextAttemptAt: number }
  | { type: 'attempt_begun'; clipId: string; provider: string }
  | ({ type: 'attempt_ended'; clipId: string; provider: string } & EndedAttempt)
  | { type: 'replication_due' | 'webhook_due'; dueAt: number }

interface EndedAttempt {
  outcome: 'stored' | 'failed'
  durationMs: number
  statusCode?: number | undefined
  error?: string | undefined
}

/** Must return at once: the call that it is told of has not returned yet. */
export type CatalogListener = (event: CatalogEvent) => void

export type Emit = (event: CatalogEvent) => void

/**
 * Tells of the changes that this process makes in the catalog. Those of other processes are not told of, and neither is
 * one whose commit was not confirmed: whoever has missed an event finds its change in the catalog.
 */
export interface CatalogEvents {
  /** Called by the catalog alone. Never throws. */
  emit: Emit
  /** Calls `listener` for every event. Returns what ends the subscription. */
  subscribe(listener: CatalogListener): () => void
  /** Calls `listener` for the events of one clip. Returns what ends the subscription. */
  subscribeToClip(clipId: string, listener: CatalogListener): () => void
}

/** `onError` gets what a listener throws; nobody else does. */
export function createCatalogEvents({ onError }: { onError: (error: unknown) => void }): CatalogEvents {
  const emitter = new EventEmitter().setMaxListeners(0)

  function on(name: string, listener: CatalogListener) {
    const guarded = (event: CatalogEvent) => {
      try {
        listener(event)
      } catch (error) {
        onError(error)
      }
    }
    emitter.on(name, guarded)
    return () => void emitter.off(name, guarded)
  }

  return {
    emit(event) {
      emitter.emit('any', event)
      if ('clipId' in event) emitter.emit(`clip ${event.clipId}`, event)
    },
    subscribe: (listener) => on('any', listener),
    subscribeToClip: (clipId, listener) => on(`clip ${clipId}`, listener),
  }
}
