'use client'

import { useEffect } from 'react'
import type { ClipView } from '../../_shared/clip-view.ts'
import { watchClip } from '../../_shared/watch-clip.ts'

/** Loads the page anew when the clip is no longer in `state`, or is no more. */
export function LiveReload({ id, state }: Pick<ClipView, 'id' | 'state'>) {
  useEffect(() => {
    const onClip = (clip: ClipView) => {
      if (shownAs(clip.state) !== shownAs(state)) reload()
    }
    return watchClip(id, onClip, () => void reloadIfGone(id))
  }, [id, state])
  return null
}

/** The page shows a clip that is staged and one that is pending alike. */
const shownAs = (state: ClipView['state']) => (state === 'staged' ? 'pending' : state)

/** Whoever is in the middle of listening is not interrupted. */
function reload() {
  const audio = document.querySelector('audio')
  if (!audio || audio.currentTime === 0 || audio.ended) location.reload()
  else audio.addEventListener('ended', () => location.reload(), { once: true })
}

/** The events of a clip can also be refused because too many listen. */
async function reloadIfGone(id: string) {
  const { status } = await fetch(`/api/clips/${id}`)
  if (status === 404 || status === 410) location.reload()
}
