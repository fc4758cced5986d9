import { Anchor, Badge, Button, Drawer, Skeleton, Text } from '@mantine/core'
import { setNonce } from 'get-nonce'
import { useEffect, useState } from 'react'
import useSWR from 'swr'
import type { ClipView } from '../../_shared/clip-view.ts'
import { CopyButton } from '../../_shared/copy-button.tsx'
import { formatBytes, formatDateTime, formatDuration } from '../../_shared/format.ts'
import { IconRefresh } from '../../_shared/icons.tsx'
import { useNonce } from '../../_shared/providers.tsx'
import { watchClip } from '../../_shared/watch-clip.ts'
import { isPending } from './clip-table.tsx'
import { createClipReader } from './clips.ts'
import styles from './drawer.module.css'
import type { RetryOutcome } from './retry.ts'
import { RetryAlert } from './retry-alert.tsx'
import { Timeline } from './timeline.tsx'

interface ClipDrawerProps {
  id: string | undefined
  /** The clip that is being retried, or `all`. */
  retrying: string | undefined
  outcome: RetryOutcome | undefined
  onRetry: (id: string) => void
  onClose: () => void
}

/** One clip in detail, kept up to date. */
export function ClipDrawer({ id, onClose, ...rest }: ClipDrawerProps) {
  const [clip, setClip] = useState<ClipView>()
  const nonce = useNonce()
  useEffect(() => {
    // The drawer adds a style that keeps the page behind it from scrolling; the policy asks for the nonce on it.
    if (nonce) setNonce(nonce)
  }, [nonce])
  useEffect(() => {
    setClip(undefined)
    return id ? watchClip(id, setClip) : undefined
  }, [id])
  return (
    <Drawer.Root opened={id !== undefined} onClose={onClose} position="right" size="min(46rem, 100%)">
      <Drawer.Overlay />
      <Drawer.Content>
        <div className={styles.head}>
          <Drawer.Title className={styles.title}>Clip {id?.slice(0, 12)}</Drawer.Title>
          <Drawer.CloseButton aria-label="Close" />
        </div>
        <Drawer.Body>
          {clip ? (
            <ClipDetails clip={clip} {...rest} />
          ) : (
            <Skeleton height={240} aria-label="Loading the clip" />
          )}
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}

interface ClipDetailsProps extends Pick<ClipDrawerProps, 'retrying' | 'outcome' | 'onRetry'> {
  clip: ClipView
}

function ClipDetails({ clip, retrying, outcome, onRetry }: ClipDetailsProps) {
  const [seenOutcome, setSeenOutcome] = useState(outcome)
  const isPlayable = clip.cid !== undefined && clip.state !== 'expired' && clip.state !== 'deleted'
  const audio = `/api/temp-audio/${clip.id}`
  const facts = [
    clip.bytes !== undefined && formatBytes(clip.bytes),
    clip.durationMs !== undefined && `${formatDuration(clip.durationMs)} of audio`,
    `${clip.characters.toLocaleString('en')} characters`,
    formatDateTime(clip.createdAt),
  ]
  return (
    <div className={styles.details}>
      <div className={styles.facts}>
        <Badge className={styles.badge} data-tone={clip.state}>
          {clip.state}
        </Badge>
        <Text size="sm" c="dimmed">
          {facts.filter(Boolean).join(' · ')}
        </Text>
      </div>
      {isPlayable && (
        // biome-ignore lint/a11y/useMediaCaption: browsers show no captions of audio.
        <audio controls preload="none" src={audio} aria-label="The clip" className={styles.audio} />
      )}
      <div className={styles.actions}>
        {isPending(clip) && (
          <Button
            size="xs"
            loading={retrying === clip.id}
            disabled={retrying !== undefined && retrying !== clip.id}
            leftSection={<IconRefresh size={15} />}
            onClick={() => onRetry(clip.id)}
          >
            Retry now
          </Button>
        )}
        <Anchor href={`/c/${clip.id}`} size="sm">
          Page of the clip
        </Anchor>
        {clip.permanentUrl && (
          <Anchor href={clip.permanentUrl} size="sm" target="_blank" rel="noreferrer">
            Permanent address
          </Anchor>
        )}
        {isPlayable && (
          <Anchor href={`${audio}?download`} download size="sm">
            Download
          </Anchor>
        )}
      </div>
      <RetryAlert
        outcome={outcome === seenOutcome ? undefined : outcome}
        onClose={() => setSeenOutcome(outcome)}
      />
      <Names clip={clip} />
      <Timeline key={clip.id} clip={clip} now={Date.now()} />
    </div>
  )
}

/** What a clip is called here and elsewhere, to be copied. */
function Names({ clip }: { clip: ClipView }) {
  const [read] = useState(createClipReader)
  const { data } = useSWR(`/api/admin/clips?q=${clip.id}&limit=1`, read)
  const listed = data?.clips[0]
  const voice = clip.spokenBy ?? listed
  const names: [name: string, value: string | undefined][] = [
    ['Id, and trace id', clip.id],
    ['CID', clip.cid],
    ['Address', clip.audioUrl],
    ['Request id', listed?.requestId],
    ['Voice', voice?.voiceId],
  ]
  return (
    <dl className={styles.names}>
      {names.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <span>{value}</span>
                <CopyButton value={value} label={`Copy: ${name.toLowerCase()}`} />
              </dd>
            </div>
          ),
      )}
      {listed?.label && (
        <div>
          <dt>Label</dt>
          <dd>
            <span>{listed.label}</span>
          </dd>
        </div>
      )}
    </dl>
  )
}
