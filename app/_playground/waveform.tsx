import { type RefObject, useEffect, useRef } from 'react'
import { useNonce } from '../_shared/providers.tsx'
import { readPeaks } from './peaks.ts'
import styles from './player.module.css'

interface WaveformProps {
  media: RefObject<HTMLAudioElement | null>
  url: string
}

/** Draws the audio at `url` and how far `media` has played it. Only a picture: the slider above it takes the input. */
export function Waveform({ media, url }: WaveformProps) {
  const container = useRef<HTMLDivElement>(null)
  const cspNonce = useNonce()

  useEffect(() => {
    const stop = new AbortController()
    async function draw() {
      const [{ default: WaveSurfer }, sound] = await Promise.all([
        import('wavesurfer.js'),
        readPeaks(url, stop.signal),
      ])
      if (stop.signal.aborted || !container.current || !media.current) return
      const wave = WaveSurfer.create({
        container: container.current,
        media: media.current,
        peaks: [sound.peaks],
        duration: sound.durationSeconds,
        height: 72,
        barWidth: 2,
        barGap: 2,
        barRadius: 2,
        normalize: true,
        interact: false,
        cursorWidth: 0,
        ...coloursOf(container.current),
        ...(cspNonce && { cspNonce }),
      })
      const recolour = new MutationObserver(() => {
        if (container.current) wave.setOptions(coloursOf(container.current))
      })
      recolour.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] })
      stop.signal.addEventListener('abort', () => {
        recolour.disconnect()
        wave.destroy()
      })
    }
    // Without the picture the audio can still be played.
    draw().catch(() => {})
    return () => stop.abort()
  }, [media, url, cspNonce])

  return <div ref={container} className={styles.waveform} aria-hidden />
}

function coloursOf(element: HTMLElement) {
  const style = getComputedStyle(element)
  return {
    waveColor: style.getPropertyValue('--wave'),
    progressColor: style.getPropertyValue('--accent'),
  }
}
