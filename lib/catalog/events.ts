import { EventEmitter } from 'node:events'
import type { Clip } from '#lib/model/clip.ts'
import type { SpeechAttemptRow } from './schema.ts'

/**
 * What a call of the catalog has done, emitted once it is committed. `clip` is the record as it is then. Calls that only
 * take, renew or end leases in bulk, or delete what is old, emit nothing.
 *
 * - `superseded`: nothing, because the record is gone or somebody else has taken the clip further
 * - `discarded`: its record is deleted, as nobody has spoken it; `clip` as it was, where there was one
 * - `settled`: the clip was stored without ever being staged here
 * - `deleted`: it is to be had no more; what is left of it elsewhere is being deleted
 * - `released`: its lease was given back with nothing done
 * - `replication_due`, `read_back_due`, `webhook_due`, `script_due`, `deletion_due`: there is work of this kind at `dueAt`
 * - `script_changed`: a script has come further, or has ended
 */
export type CatalogEvent =
  | { type: 'reserved' | 'released' | 'superseded' | 'deleted'; clipId: string }
  | { type: 'discarded'; clipId: string; clip?: Clip | undefined }
  | { type: 'staged' | 'stored' | 'settled' | 'expired'; clipId: string; clip: Clip }
  | { type: 'postponed'; clipId: string; nextAttemptAt: number }
  | { type: 'attempt_begun'; clipId: string; provider: string }
  | ({ type: 'attempt_ended'; clipId: string; provider: string } & EndedAttempt)
  | ({ type: 'speech_ended'; clipId: string } & Omit<SpeechAttemptRow, 'id' | 'clipId'>)
  | { type: `${'replication' | 'read_back' | 'webhook' | 'script' | 'deletion'}_due`; dueAt: number }
  | { type: 'script_changed'; scriptId: string }

interface EndedAttempt {
  outcome: 'stored' | 'failed'
  durationMs: number
  statusCode?: number | undefined
  error?: string | undefined
}

/** Must return at once: the call that has made the change has not returned yet. */
export type CatalogListener = (event: CatalogEvent) => void

export type Emit = (event: CatalogEvent) => void

/**
 * The changes that this process makes in the catalog. There is no event for those of other processes, and none for a
 * commit that was not confirmed: whoever misses an event finds the change in the catalog.
 */
export interface CatalogEvents {
  /** Called by the catalog alone. Never throws. */
  emit: Emit
  /** Calls `listener` for every event. Returns what ends the subscription. */
  subscribe(listener: CatalogListener): () => void
  /** Calls `listener` for the events of one clip. Returns what ends the subscription. */
  subscribeToClip(clipId: string, listener: CatalogListener): () => void
}

/** `onError` gets what listeners throw, since the calls of the catalog must not. */
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
