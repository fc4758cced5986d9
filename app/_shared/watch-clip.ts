import { type ClipView, isSettled } from './clip-view.ts'

/** Calls `onClip` at each change of a clip until it is stored or expired, across lost connections. Returns how to stop. */
export function watchClip(id: string, onClip: (clip: ClipView) => void): () => void {
  const source = new EventSource(`/api/clips/${id}/events`)
  source.addEventListener('clip', ({ data }) => {
    const clip: ClipView = JSON.parse(data)
    onClip(clip)
    if (isSettled(clip)) source.close()
  })
  return () => source.close()
}
