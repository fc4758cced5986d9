import { useCallback, useEffect } from 'react'
import type { ClipView } from '../_shared/clip-view.ts'
import { readRecent, unsettled, withBegun, withClip } from './recent-clips.ts'
import { useStored } from './use-stored.ts'

/** The clips that were spoken in this browser, newest first. */
export function useRecent() {
  const [clips, setClips, isRead] = useStored('recent', [], readRecent)
  const begin = useCallback(
    (begun: { id: string; text: string; voice: string }) =>
      setClips((clips) => withBegun(clips, { ...begun, spokenAt: Date.now() })),
    [setClips],
  )
  const update = useCallback(
    (id: string, clip: ClipView | undefined) => setClips((clips) => withClip(clips, id, clip)),
    [setClips],
  )
  const remove = (id: string) => setClips((clips) => clips.filter((clip) => clip.id !== id))

  // biome-ignore lint/correctness/useExhaustiveDependencies: what has happened while the page was closed is asked once.
  useEffect(() => {
    for (const { id } of isRead ? unsettled(clips) : []) {
      fetch(`/api/clips/${id}`)
        .then(async (response) => {
          if (response.ok) update(id, (await response.json()).data)
          else if (response.status === 404 || response.status === 410) update(id, undefined)
        })
        .catch(() => {})
    }
  }, [isRead])
  return { clips, begin, update, remove }
}
