import { ActionIcon, Button, NativeSelect, Slider, Text } from '@mantine/core'
import { formatPosition } from '../_shared/format.ts'
import { IconDownload, IconPause, IconPlay } from '../_shared/icons.tsx'
import type { LiveSound } from './live-sound.ts'
import styles from './player.module.css'
import { usePicture } from './use-picture.ts'
import { usePlayback } from './use-playback.ts'
import { Waveform } from './waveform.tsx'
import { Words } from './words.tsx'

/** A picture takes the whole audio, decoded, into memory. */
const LONGEST_DRAWN_MS = 20 * 60_000
const speeds = ['0.5', '0.75', '1', '1.25', '1.5', '2']

interface PlayerProps {
  id: string
  durationMs: number
  hasCaptions: boolean
  /** The sound while it is spoken. */
  live?: LiveSound | undefined
  /** The clip can be had from this service: from then on a `live` sound is heard from there, too. */
  isKept?: boolean
  /** It begins to play by itself: only behind a click that asked for sound. */
  isAutoplaying?: boolean
}

/**
 * Plays a clip, also while it is spoken: waveform, words, seek, speed, download. The audio comes from this service, which
 * redirects to the permanent address later; so a change of address does not interrupt playback.
 */
export function Player({
  id,
  durationMs,
  hasCaptions,
  live,
  isKept = true,
  isAutoplaying = false,
}: PlayerProps) {
  const url = `/api/temp-audio/${id}`
  const playback = usePlayback({ url, live, isKept, isAutoplaying, durationMs })
  const { isPlaying, position, failure } = playback
  const picture = usePicture({ live, url: durationMs < LONGEST_DRAWN_MS ? url : undefined })
  const duration = Math.max(playback.duration, picture.seconds, position, 0.1)

  return (
    <div className={styles.player}>
      <audio ref={playback.audio} src={live ? undefined : url} preload="auto" {...playback.events} />
      <div className={styles.wave}>
        <Waveform picture={picture} seconds={duration} position={position} />
        <Slider
          className={styles.seek}
          classNames={{ trackContainer: styles.track, thumb: styles.thumb, bar: styles.bar }}
          min={0}
          max={duration}
          step={Math.max(0.05, Math.round(duration) / 100)}
          value={position}
          label={null}
          thumbLabel="Position"
          thumbProps={{
            'aria-valuetext': `${formatPosition(position)} of ${formatPosition(duration)}`,
          }}
          onChange={playback.seek}
        />
      </div>
      {hasCaptions && <Words id={id} position={position} />}
      <div className={styles.controls}>
        <ActionIcon
          size={42}
          radius="xl"
          variant="filled"
          aria-label={isPlaying ? 'Pause' : 'Play'}
          onClick={playback.toggle}
        >
          {isPlaying ? <IconPause size={19} /> : <IconPlay size={19} />}
        </ActionIcon>
        <Text size="sm" className={styles.time}>
          {formatPosition(position)} <span>/ {isKept ? formatPosition(duration) : '…'}</span>
        </Text>
        <NativeSelect
          size="xs"
          aria-label="Speed"
          className={styles.speed}
          defaultValue="1"
          data={speeds.map((value) => ({ value, label: `${value}×` }))}
          onChange={(event) => playback.setSpeed(Number(event.currentTarget.value))}
        />
        {isKept && (
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
        )}
      </div>
      {failure && (
        <Text size="sm" c="var(--bad)" role="alert">
          {failure}
        </Text>
      )}
    </div>
  )
}
