import { type ClipHistory, isSettled, onChangesOfClip, readClip } from '#lib/clips/watch-clip.ts'
import { watchRecord } from '#lib/clips/watch-record.ts'
import type { Services } from '#lib/context.ts'
import type { Script } from '#lib/model/script.ts'

/** A script, and its joined clip once that is durable. */
export interface ScriptProgress {
  script: Script
  joined: ClipHistory | null
}

/** @throws CatalogError */
export async function readScript(services: Services, id: string): Promise<ScriptProgress | null> {
  const script = await services.catalog.scripts.find(id)
  if (!script) return null
  const joined = script.clipId === null ? null : await readClip(services, script.clipId)
  return { script, joined: joined?.clip.cid ? joined : null }
}

/** Whether nothing will change any more: the joined clip is stored or expired, or there will be none. */
export function isScriptSettled({ script, joined }: ScriptProgress): boolean {
  if (script.state === 'joined') return !joined || isSettled(joined)
  return script.state !== 'speaking'
}

/** Yields the progress of a script, and again after each change, until it is settled or `signal` aborts. */
export function watchScript(services: Services, id: string, { signal }: { signal: AbortSignal }) {
  const { events, lookout } = services
  let wakeUp = () => {}
  let clipId: string | null = null
  let leaveClip = () => {}
  /** The joined clip, once there is one, is watched as well. */
  function watchJoined(joinedId: string | null) {
    if (joinedId === clipId) return
    leaveClip()
    clipId = joinedId
    leaveClip = joinedId === null ? () => {} : onChangesOfClip(services, joinedId, () => wakeUp())
  }
  return watchRecord(services, {
    name: { scriptId: id },
    signal,
    async read() {
      const progress = await readScript(services, id)
      watchJoined(progress?.script.clipId ?? null)
      return progress
    },
    isSettled: isScriptSettled,
    subscribe(wake) {
      wakeUp = wake
      const ends = [
        events.subscribe((event) => 'scriptId' in event && event.scriptId === id && wake()),
        lookout.watch('scripts', id, wake),
      ]
      return () => {
        leaveClip()
        for (const end of ends) end()
      }
    },
  })
}
