import { Loader, Text, Timeline } from '@mantine/core'
import type { AttemptView, ClipView } from '../_shared/clip-view.ts'
import { formatDuration, providerLabel } from '../_shared/format.ts'
import { IconAlert, IconCheck, IconClock } from '../_shared/icons.tsx'
import type { ScriptView } from '../_shared/script-view.ts'
import styles from './clip.module.css'
import { type Step, stepsOf } from './steps.ts'

const bullets: Record<Step['status'], React.ReactNode> = {
  upcoming: null,
  active: <Loader size={12} color="var(--accent)" />,
  pending: <IconClock size={13} />,
  done: <IconCheck size={13} stroke={2.4} />,
  failed: <IconAlert size={13} />,
}

/** The steps speaking, staging and storing, with every failed attempt and its reason. */
export function Progress({ clip, script }: { clip: ClipView | undefined; script: ScriptView | undefined }) {
  const failed = clip?.attempts.filter(({ outcome }) => outcome === 'failed') ?? []
  return (
    <Timeline bulletSize={22} lineWidth={2} className={styles.progress} aria-label="Progress">
      {stepsOf(clip, script).map(({ title, detail, status }, index) => (
        <Timeline.Item
          key={title}
          bullet={bullets[status]}
          title={title}
          data-status={status}
          classNames={{ itemTitle: styles.stepTitle, item: styles.step, itemBullet: styles.bullet }}
        >
          {detail && (
            <Text size="sm" c="dimmed">
              {detail}
            </Text>
          )}
          {index === 2 && failed.length > 0 && <FailedAttempts attempts={failed} />}
        </Timeline.Item>
      ))}
    </Timeline>
  )
}

const SHOWN = 4

function FailedAttempts({ attempts }: { attempts: AttemptView[] }) {
  const hidden = attempts.length - SHOWN
  return (
    <ul className={styles.attempts} aria-label="Failed attempts">
      {hidden > 0 && <li>{hidden} earlier attempts also failed</li>}
      {attempts.slice(-SHOWN).map((attempt) => (
        <li key={`${attempt.provider} ${attempt.startedAt}`}>
          <b>{providerLabel(attempt.provider)}</b> failed
          {attempt.durationMs !== undefined && ` after ${formatDuration(attempt.durationMs)}`}:{' '}
          {attempt.error}
        </li>
      ))}
    </ul>
  )
}
