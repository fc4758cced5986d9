import { ActionIcon, Button, NativeSelect, Slider, Text } from '@mantine/core'
import { useRef, useState } from 'react'
import { formatPosition } from '../_shared/format.ts'
import { IconDownload, IconPause, IconPlay } from '../_shared/icons.tsx'
import styles from './player.module.css'
import { Waveform } from './waveform.tsx'
import { Words } from './words.tsx'

/** The picture takes the whole audio, decoded, into memory. */
const LONGEST_DRAWN_MS = 20 * 60_000
const speeds = ['0.5', '0.75', '1', '1.25', '1.5', '2']

interface PlayerProps {
  id: string
  durationMs: number
  hasCaptions: boolean
}

/**
 * Plays a clip: waveform, words, seek, speed, download. The audio comes from this service, which redirects to the permanent
 * address later; so a change of address does not interrupt playback.
 */
export function Player({ id, durationMs, hasCaptions }: PlayerProps) {
  const audio = useRef<HTMLAudioElement>(null)
  const [isPlaying, setIsPlaying] = useState(false)
  const [position, setPosition] = useState(0)
  const [duration, setDuration] = useState(durationMs / 1000)
  const [failure, setFailure] = useState('')
  const url = `/api/temp-audio/${id}`

  function toggle() {
    if (isPlaying) audio.current?.pause()
    else
      audio.current?.play().catch((error: Error) => setFailure(`The audio does not play: ${error.message}`))
  }
  function seek(seconds: number) {
    setPosition(seconds)
    if (audio.current) audio.current.currentTime = seconds
  }
  function setSpeed(speed: string) {
    if (audio.current) audio.current.playbackRate = Number(speed)
  }

  return (
    <div className={styles.player}>
      {/* biome-ignore lint/a11y/useMediaCaption: browsers show no captions of audio; the words stand below. */}
      <audio
        ref={audio}
        src={url}
        preload="auto"
        onPlay={() => setIsPlaying(true)}
        onPause={() => setIsPlaying(false)}
        onTimeUpdate={({ currentTarget }) => setPosition(currentTarget.currentTime)}
        onDurationChange={({ currentTarget: { duration } }) =>
          Number.isFinite(duration) && setDuration(duration)
        }
        onError={() => setFailure('The audio could not be loaded')}
      />
      <div className={styles.wave}>
        {durationMs < LONGEST_DRAWN_MS && <Waveform media={audio} url={url} />}
        <Slider
          className={styles.seek}
          classNames={{ trackContainer: styles.track, thumb: styles.thumb, bar: styles.bar }}
          min={0}
          max={Math.max(duration, 0.1)}
          step={Math.max(0.05, Math.round(duration) / 100)}
          value={position}
          label={null}
          thumbLabel="Position"
          thumbProps={{
            'aria-valuetext': `${formatPosition(position)} of ${formatPosition(duration)}`,
          }}
          onChange={seek}
        />
      </div>
      {hasCaptions && <Words id={id} media={audio} isPlaying={isPlaying} position={position} />}
      <div className={styles.controls}>
        <ActionIcon
          size={42}
          radius="xl"
          variant="filled"
          aria-label={isPlaying ? 'Pause' : 'Play'}
          onClick={toggle}
        >
          {isPlaying ? <IconPause size={19} /> : <IconPlay size={19} />}
        </ActionIcon>
        <Text size="sm" className={styles.time}>
          {formatPosition(position)} <span>/ {formatPosition(duration)}</span>
        </Text>
        <NativeSelect
          size="xs"
          aria-label="Speed"
          className={styles.speed}
          defaultValue="1"
          data={speeds.map((value) => ({ value, label: `${value}×` }))}
          onChange={(event) => setSpeed(event.currentTarget.value)}
        />
        <Button
          component="a"
          href={`${url}?download`}
          download
          size="xs"
          variant="default"
          leftSection={<IconDownload size={15} />}
        >
          Download
        </Button>
      </div>
      {failure && (
        <Text size="sm" c="var(--bad)" role="alert">
          {failure}
        </Text>
      )}
    </div>
  )
}
