import { barsOf, type Picture } from './peaks.ts'
import styles from './player.module.css'

const BARS = 140
const HEIGHT = 72
/** A silence is a dot. */
const LOWEST = 0.04

interface WaveformProps {
  picture: Picture
  /** How much of the sound the whole width stands for. */
  seconds: number
  /** How far it is played, in seconds. */
  position: number
}

/** Draws a sound and how far it is played. Only a picture: the slider above it takes the input. */
export function Waveform({ picture, seconds, position }: WaveformProps) {
  const bars = barsOf(picture, seconds, BARS)
  const played = Math.round((position / seconds) * BARS)
  return (
    <svg
      className={styles.waveform}
      viewBox={`0 0 ${BARS} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path className={styles.played} d={pathOf(bars.slice(0, played), 0)} />
      <path className={styles.unplayed} d={pathOf(bars.slice(played), played)} />
    </svg>
  )
}

function pathOf(bars: number[], first: number): string {
  return bars
    .map((height, index) => {
      const length = Math.max(LOWEST, height) * (HEIGHT - 4)
      return `M${first + index + 0.5} ${((HEIGHT - length) / 2).toFixed(1)}v${length.toFixed(1)}`
    })
    .join('')
}
