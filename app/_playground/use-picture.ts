import { useEffect, useState, useSyncExternalStore } from 'react'
import type { LiveSound } from './live-sound.ts'
import { type Picture, readPicture } from './peaks.ts'

const nothing: Picture = { peaks: [], seconds: 0 }
const never = () => () => {}

/** The picture of a sound: of a `live` one it grows with it, else it is read from `url`. */
export function usePicture({ live, url }: { live: LiveSound | undefined; url: string | undefined }): Picture {
  const grown = useSyncExternalStore(
    live?.subscribe ?? never,
    () => live?.picture() ?? nothing,
    () => nothing,
  )
  const [read, setRead] = useState(nothing)
  useEffect(() => {
    if (live || !url) return
    const stop = new AbortController()
    // Without the picture the audio can still be played.
    readPicture(url, stop.signal).then(setRead, () => {})
    return () => stop.abort()
  }, [live, url])
  return live ? grown : read
}
