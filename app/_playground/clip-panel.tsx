import { Badge, Paper, Text, VisuallyHidden } from '@mantine/core'
import type { ClipView } from '../_shared/clip-view.ts'
import { formatClock } from '../_shared/format.ts'
import { IconClock, IconPin } from '../_shared/icons.tsx'
import { AddressList } from './address-list.tsx'
import { Player } from './player.tsx'
import styles from './playground.module.css'
import { Progress } from './progress.tsx'
import { announcementOf, isOnlyHere } from './steps.ts'
import type { Run } from './use-vocalize.ts'
import { VerifyPanel } from './verify-panel.tsx'

/** The clip: its progress, its audio, its addresses, and the check of them. */
export function ClipPanel({ run }: { run: Run }) {
  const isIdle = run.phase === 'idle' || run.phase === 'refused'
  const clip = isIdle ? undefined : run.clip
  const hasBytes = Boolean(clip?.cid)
  return (
    <Paper
      component="section"
      withBorder
      radius="lg"
      className={`${styles.card} ${styles.clip}`}
      aria-labelledby="clip-title"
    >
      <div className={styles.cardHead}>
        <h2 id="clip-title" className={styles.label}>
          The clip
        </h2>
        {clip?.cid && <StateBadge {...clip} />}
      </div>
      <VisuallyHidden role="status" aria-live="polite">
        {isIdle ? '' : announcementOf(clip, run.script)}
      </VisuallyHidden>
      {isIdle && <Placeholder />}
      {clip && hasBytes && (
        <Player
          key={clip.id}
          id={clip.id}
          durationMs={clip.durationMs ?? 0}
          hasCaptions={clip.captions !== undefined}
        />
      )}
      {!isIdle && <Progress clip={clip} script={run.script} />}
      {clip && hasBytes && <AddressList clip={clip} />}
      {clip && hasBytes && <VerifyPanel key={clip.audioUrl} clip={clip} />}
    </Paper>
  )
}

function StateBadge({ state, expiresAt, provider }: ClipView) {
  if (state === 'expired') return <Badge color="red">Expired</Badge>
  if (state === 'stored') {
    return (
      <Badge className={styles.permanent} leftSection={<IconPin size={12} />}>
        {isOnlyHere({ state, provider }) ? 'Kept on this machine' : 'Stored'}
      </Badge>
    )
  }
  return (
    <Badge className={styles.temporary} leftSection={<IconClock size={12} />}>
      {state === 'pending' ? `Pending until ${formatClock(expiresAt)}` : 'Staged'}
    </Badge>
  )
}

function Placeholder() {
  return (
    <div className={styles.placeholder}>
      <div className={styles.ghost} aria-hidden>
        {ghostBars.map((height, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the bars never change their places.
          <span key={index} style={{ height: `${height}%` }} />
        ))}
      </div>
      <Text size="sm" c="dimmed" ta="center">
        No clip yet. It appears here while it is spoken, and its address becomes permanent by itself.
      </Text>
    </div>
  )
}

const ghostBars = Array.from({ length: 48 }, (_, index) =>
  Math.round(12 + 60 * Math.abs(Math.sin(index * 0.43) * Math.sin(index * 0.17 + 0.6))),
)
