import { type ClipView, isSettled } from './clip-view.ts'

/**
 * Calls `onClip` at each change of a clip until it is stored or expired, across lost connections, and `onGone` if there is
 * no such clip any more. Returns how to stop.
 */
export function watchClip(id: string, onClip: (clip: ClipView) => void, onGone?: () => void): () => void {
  const source = new EventSource(`/api/clips/${id}/events`)
  source.addEventListener('clip', ({ data }) => {
    const clip: ClipView = JSON.parse(data)
    onClip(clip)
    if (isSettled(clip)) source.close()
  })
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) onGone?.()
  })
  return () => source.close()
}
