import { type ClipView, isSettled } from './clip-view.ts'

const RETRY_MS = 5000

/**
 * Calls `onClip` at each change of a clip until it is stored or expired, across lost connections, and `onGone` where there
 * is no such clip, or no more. Returns how to stop.
 */
export function watchClip(
  id: string,
  onClip: (clip: ClipView) => void,
  onGone: () => void = () => {},
): () => void {
  let source: EventSource
  let retry: ReturnType<typeof setTimeout> | undefined
  let isStopped = false

  function watch() {
    source = new EventSource(`/api/clips/${id}/events`)
    source.addEventListener('clip', ({ data }) => {
      const clip: ClipView = JSON.parse(data)
      onClip(clip)
      if (isSettled(clip)) source.close()
    })
    // One that lost its connection tries again by itself; one that was refused does not.
    source.addEventListener('error', () => source.readyState === EventSource.CLOSED && void afterRefusal())
  }
  async function afterRefusal() {
    const response = await fetch(`/api/clips/${id}`).catch(() => undefined)
    if (isStopped) return
    if (response?.status === 404 || response?.status === 410) onGone()
    else retry = setTimeout(watch, RETRY_MS)
  }
  watch()
  return () => {
    isStopped = true
    clearTimeout(retry)
    source.close()
  }
}
