import { useEffect, useRef, useState } from 'react'

/** Plays one sample at a time, straight from the vendor. */
export function usePreview() {
  const audio = useRef<HTMLAudioElement>(null)
  const [playing, setPlaying] = useState<string>()
  const [failure, setFailure] = useState('')
  useEffect(() => () => audio.current?.pause(), [])

  function stop() {
    audio.current?.pause()
    setPlaying(undefined)
  }
  async function toggle(url: string) {
    stop()
    setFailure('')
    if (playing === url) return
    const element = new Audio(url)
    audio.current = element
    element.addEventListener('ended', () => setPlaying(undefined))
    setPlaying(url)
    await element.play().catch((error: Error) => {
      // Another one was started, or this one stopped.
      if (error.name === 'AbortError') return
      setPlaying(undefined)
      setFailure('The sample cannot be played now')
    })
  }
  return { playing, failure, toggle, stop }
}
