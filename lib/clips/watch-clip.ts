import type { Attempt } from '#lib/catalog/attempts.ts'
import type { Services } from '#lib/context.ts'
import { type Clip, captionsIdOf, isClipId, isOver } from '#lib/model/clip.ts'
import { asPublished } from '#lib/model/permanent-url.ts'
import { watchRecord } from './watch-record.ts'

/** A clip's record with every attempt that was made for it. */
export interface ClipHistory {
  clip: Clip
  attempts: Attempt[]
  /** The record of the file of its captions, once there is one. */
  captionsFile?: Clip | null
}

/** The record of clip `id`, expired and deleted ones too; `null` where there is none. @throws CatalogError */
export async function readClip({ catalog, config }: Services, id: string): Promise<ClipHistory | null> {
  const clip = isClipId(id) ? await catalog.clips.find(id) : null
  if (!clip) return null
  const file = clip.captionsCid === null ? null : await catalog.clips.find(captionsIdOf(id))
  return {
    clip: asPublished(config, clip),
    attempts: await catalog.attempts.ofClip(id),
    captionsFile: file && asPublished(config, file),
  }
}

/** Whether the clip has reached its final state. */
export function isSettled({ clip }: ClipHistory): boolean {
  return clip.state === 'stored' || isOver(clip)
}

/**
 * Yields the record of clip `id`, and again after each change, until it is settled, its record is gone, or `signal`
 * aborts. With `awaitRecord` it waits for a record that does not exist yet. A catalog that fails is read again later.
 */
export function watchClip(
  services: Services,
  id: string,
  { signal, awaitRecord }: { signal: AbortSignal; awaitRecord?: boolean },
): AsyncGenerator<ClipHistory, void> {
  return watchRecord(services, {
    name: { clipId: id },
    // Of a clip that was deleted there is nothing more to see.
    read: async () => {
      const history = await readClip(services, id)
      return history?.clip.state === 'deleted' ? null : history
    },
    isSettled,
    subscribe: (wake) => onChangesOfClip(services, id, wake),
    signal,
    awaitRecord,
  })
}

/** Calls `wake` when the clip, or the file of its captions, may have changed. Returns what ends that. */
export function onChangesOfClip({ events, lookout }: Services, id: string, wake: () => void): () => void {
  const ends = [id, captionsIdOf(id)].flatMap((each) => [
    events.subscribeToClip(each, wake),
    lookout.watch('clips', each, wake),
  ])
  return () => {
    for (const end of ends) end()
  }
}
