import { EventEmitter } from 'node:events'
import type { Attempts } from '#lib/catalog/attempts.ts'
import type { Catalog } from '#lib/catalog/catalog.ts'

/**
 * Tells who follows a clip that its record has changed in this process. A doorbell: it says nothing of what changed,
 * and who has missed it finds the change in the catalog.
 */
export interface Changes {
  announce(clipId: string): void
  /** Calls `listener` after each change of the clip. Returns the end of it. */
  subscribe(clipId: string, listener: () => void): () => void
}

export function createChanges(): Changes {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  return {
    announce(clipId) {
      emitter.emit(clipId)
    },
    subscribe(clipId, listener) {
      emitter.on(clipId, listener)
      return () => {
        emitter.off(clipId, listener)
      }
    },
  }
}

/** The same catalog, announcing each change of a clip once it is committed. */
export function announceChanges(catalog: Catalog, changes: Changes): Catalog {
  const { clips, queue, attempts } = catalog
  const andAnnounce =
    <Rest extends unknown[], T>(method: (id: string, ...rest: Rest) => Promise<T>) =>
    async (id: string, ...rest: Rest): Promise<T> => {
      const result = await method(id, ...rest)
      changes.announce(id)
      return result
    }
  return {
    ...catalog,
    clips: {
      ...clips,
      async reserve(clip, ...rest) {
        const isReserved = await clips.reserve(clip, ...rest)
        if (isReserved) changes.announce(clip.id)
        return isReserved
      },
      stage: andAnnounce(clips.stage),
      store: andAnnounce(clips.store),
      settle: andAnnounce(clips.settle),
      postpone: andAnnounce(clips.postpone),
      expire: andAnnounce(clips.expire),
      discard: andAnnounce(clips.discard),
    },
    queue: {
      ...queue,
      async release(owner, id) {
        await queue.release(owner, id)
        if (id) changes.announce(id)
      },
    },
    attempts: announceAttempts(attempts, changes),
  }
}

function announceAttempts(attempts: Attempts, changes: Changes): Attempts {
  return {
    ...attempts,
    async begin(attempt) {
      const id = await attempts.begin(attempt)
      changes.announce(attempt.clipId)
      return id
    },
    async end(id, ...rest) {
      const clipId = await attempts.end(id, ...rest)
      if (clipId) changes.announce(clipId)
      return clipId
    },
  }
}
