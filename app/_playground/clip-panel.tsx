import { Alert, Anchor, Badge, Paper, Text, VisuallyHidden } from '@mantine/core'
import type { ClipView } from '../_shared/clip-view.ts'
import { formatClock } from '../_shared/format.ts'
import { IconClock, IconPin, IconUnplugged } from '../_shared/icons.tsx'
import { AddressList } from './address-list.tsx'
import styles from './clip.module.css'
import { Player } from './player.tsx'
import page from './playground.module.css'
import { Progress } from './progress.tsx'
import { announcementOf, isOnlyHere } from './steps.ts'
import type { Shown } from './use-vocalize.ts'
import { VerifyPanel } from './verify-panel.tsx'

/** A guess, until the length of a clip is known. */
const MS_PER_CHARACTER = 65

/** The clip: its audio, from the first byte on, its progress, its addresses, and the check of them. */
export function ClipPanel({ shown, isRunning }: { shown: Shown | undefined; isRunning: boolean }) {
  const isIdle = !shown && !isRunning
  const { clip, script } = shown ?? {}
  return (
    <Paper component="section" withBorder radius="lg" className={page.card} aria-labelledby="clip-title">
      <div className={page.cardHead}>
        <h2 id="clip-title" className={page.label}>
          The clip
        </h2>
        {clip?.cid && <StateBadge {...clip} />}
      </div>
      <VisuallyHidden role="status" aria-live="polite">
        {isIdle ? '' : announcementOf(clip, script)}
      </VisuallyHidden>
      {isIdle && <Placeholder />}
      {clip?.state === 'expired' && <Expired />}
      {!isIdle && clip?.state !== 'expired' && <LiveClip shown={shown} />}
    </Paper>
  )
}

/** A clip that there is, or that is on its way. */
function LiveClip({ shown = {} }: { shown: Shown | undefined }) {
  const { id, clip, script, live, textLength = 0, isAutoplaying = false } = shown
  const isKept = Boolean(clip?.cid)
  return (
    <>
      {id && (live || isKept) && (
        <Player
          key={id}
          id={id}
          durationMs={clip?.durationMs ?? textLength * MS_PER_CHARACTER}
          hasCaptions={clip?.captions !== undefined}
          {...{ live, isKept, isAutoplaying }}
        />
      )}
      {clip?.warnings?.map((warning) => (
        <Text key={warning} size="sm" c="dimmed">
          {warning}
        </Text>
      ))}
      <Progress clip={clip} script={script} />
      {clip && isKept && <AddressList clip={clip} />}
      {clip && isKept && (
        <Anchor href={clip.pageUrl} size="sm">
          The page of this clip, to share
        </Anchor>
      )}
      {clip && isKept && <VerifyPanel key={clip.audioUrl} clip={clip} />}
    </>
  )
}

function Expired() {
  return (
    <Alert
      role="group"
      title="This clip has expired"
      icon={<IconUnplugged />}
      styles={{
        root: { background: 'var(--bad-soft)' },
        title: { color: 'var(--bad)' },
        icon: { color: 'var(--bad)' },
        message: { color: 'var(--mantine-color-text)' },
      }}
    >
      No IPFS provider took it in time, so it is gone, and its temporary address has ended. Speak the text
      again to make a new one.
    </Alert>
  )
}

function StateBadge({ state, expiresAt, provider }: ClipView) {
  if (state === 'expired') return <Badge className={styles.expired}>Expired</Badge>
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
        No clip yet. It plays here while it is spoken, and its address becomes permanent by itself.
      </Text>
    </div>
  )
}

const ghostBars = Array.from({ length: 48 }, (_, index) =>
  Math.round(12 + 60 * Math.abs(Math.sin(index * 0.43) * Math.sin(index * 0.17 + 0.6))),
)
