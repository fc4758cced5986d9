import { type Clock, NOT_NEEDED } from '#lib/platform/clock.ts'
import type { Changes, Watchable } from './changes.ts'

/** How often it looks whether anything has changed: what other processes do makes no event here. */
const LOOK_MS = 1500
const IDS_AT_ONCE = 500

/**
 * One look at the catalog for all who watch records in this process: a single cheap question as long as nothing changes,
 * and one statement for some hundred records where something has. It looks only while somebody watches.
 */
export interface Lookout {
  /** Calls `wake` when the record may have changed, and once soon after the start. Returns what ends that. */
  watch(what: Watchable, id: string, wake: () => void): () => void
  /** Calls `wake` when anything has changed. Returns what ends that. */
  watchAll(wake: () => void): () => void
}

interface Watched {
  version?: string
  wakes: Set<() => void>
}

/** `onError` gets why it could not look; it goes on. */
export function createLookout(options: {
  changes: Changes
  clock: Clock
  onError: (error: unknown) => void
}): Lookout {
  const { changes, clock, onError } = options
  const records = { clips: new Map<string, Watched>(), scripts: new Map<string, Watched>() }
  const forAll = new Set<() => void>()
  let stop: AbortController | undefined

  /** Returns the mark of what it has seen. */
  async function look(known: string | undefined): Promise<string> {
    const mark = await changes.mark()
    if (mark === known) return mark
    for (const wake of forAll) wake()
    for (const what of ['clips', 'scripts'] as const) {
      const ids = [...records[what].keys()]
      for (let first = 0; first < ids.length; first += IDS_AT_ONCE) {
        await lookAt(what, ids.slice(first, first + IDS_AT_ONCE))
      }
    }
    return mark
  }

  async function lookAt(what: Watchable, ids: string[]) {
    const versions = await changes.versions(what, ids)
    for (const id of ids) {
      const watched = records[what].get(id)
      const version = versions.get(id) ?? ''
      if (!watched || watched.version === version) continue
      watched.version = version
      for (const wake of watched.wakes) wake()
    }
  }

  async function keepLooking(signal: AbortSignal) {
    let mark: string | undefined
    for (;;) {
      await clock.sleep(LOOK_MS, signal)
      mark = await look(mark).catch((error: unknown) => {
        onError(error)
        return undefined
      })
    }
  }

  function begin() {
    if (stop) return
    stop = new AbortController()
    keepLooking(stop.signal).catch(() => {})
  }

  function endIfUnwatched() {
    if (forAll.size + records.clips.size + records.scripts.size > 0) return
    stop?.abort(NOT_NEEDED)
    stop = undefined
  }

  return {
    watch(what, id, wake) {
      const watched = records[what].get(id) ?? { wakes: new Set() }
      records[what].set(id, watched)
      watched.wakes.add(wake)
      begin()
      return () => {
        watched.wakes.delete(wake)
        if (watched.wakes.size === 0) records[what].delete(id)
        endIfUnwatched()
      }
    },

    watchAll(wake) {
      forAll.add(wake)
      begin()
      return () => {
        forAll.delete(wake)
        endIfUnwatched()
      }
    },
  }
}
