import { useEffect, useRef, useState } from 'react'
import type { LiveSound } from './live-sound.ts'

interface PlaybackOptions {
  url: string
  live: LiveSound | undefined
  isKept: boolean
  isAutoplaying: boolean
  durationMs: number
}

/** What is played by one audio element: first what comes in, if anything does, and then the clip that was kept. */
export function usePlayback({ url, live, isKept, isAutoplaying, durationMs }: PlaybackOptions) {
  const audio = useRef<HTMLAudioElement>(null)
  const [isPlaying, setIsPlaying] = useState(false)
  const [position, setPosition] = useState(0)
  const [duration, setDuration] = useState(durationMs / 1000)
  const [failure, setFailure] = useState('')
  /** It cannot be heard before it is kept. */
  const [isStuck, setIsStuck] = useState(false)
  const isFed = useRef(live !== undefined)

  // biome-ignore lint/correctness/useExhaustiveDependencies: whether it plays by itself matters at its beginning only.
  useEffect(() => {
    const element = audio.current
    if (!element) return
    const stop = live?.feed(element, () => setIsStuck(true))
    // A browser that allows no sound yet leaves it to the button.
    if (isAutoplaying) element.play().catch(() => {})
    return stop
  }, [live])

  // The clip that was kept takes the place of what came in where that interrupts nothing: when it does not play.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `isPlaying` tells when it is paused.
  useEffect(() => {
    const element = audio.current
    if (!element || !isKept || !isFed.current) return
    if (!element.paused && !element.ended && !isStuck) return
    const { currentTime, playbackRate } = element
    const goesOn = isStuck && (isAutoplaying || !element.paused)
    isFed.current = false
    element.src = url
    element.defaultPlaybackRate = playbackRate
    element.currentTime = currentTime
    if (goesOn) element.play().catch(() => {})
  }, [isKept, isStuck, isAutoplaying, url, isPlaying])

  useEffect(() => setDuration(durationMs / 1000), [durationMs])

  // Browsers tell the position four times a second, which is too seldom for words.
  useEffect(() => {
    if (!isPlaying) return
    let frame = requestAnimationFrame(function tell() {
      if (audio.current) setPosition(audio.current.currentTime)
      frame = requestAnimationFrame(tell)
    })
    return () => cancelAnimationFrame(frame)
  }, [isPlaying])

  return {
    audio,
    isPlaying,
    position,
    duration,
    failure,
    toggle() {
      if (isPlaying) audio.current?.pause()
      else
        audio.current?.play().catch((error: Error) => setFailure(`The audio does not play: ${error.message}`))
    },
    seek(seconds: number) {
      const element = audio.current
      if (!element) return
      // What has not come in cannot be heard.
      const end = isFed.current && element.buffered.length > 0 ? element.buffered.end(0) : seconds
      element.currentTime = Math.min(seconds, end)
      setPosition(Math.min(seconds, end))
    },
    setSpeed(rate: number) {
      if (audio.current) audio.current.playbackRate = rate
    },
    events: {
      onPlay: () => setIsPlaying(true),
      onPause: () => setIsPlaying(false),
      onTimeUpdate: () => audio.current && setPosition(audio.current.currentTime),
      onDurationChange() {
        const seconds = audio.current?.duration
        if (seconds !== undefined && Number.isFinite(seconds)) setDuration(seconds)
      },
      onError: () => (isFed.current ? setIsStuck(true) : setFailure('The audio could not be loaded')),
    },
  }
}
