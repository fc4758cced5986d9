import { Anchor, Paper } from '@mantine/core'
import type { Attention } from '#lib/dashboard/attention.ts'
import { IconAlert, IconCheck } from '../../_shared/icons.tsx'
import styles from './attention.module.css'
import { wordsOf } from './attention-words.ts'

const GUIDE = '/docs/guides/dashboard'

/** Whether anything is wrong now, what will be lost when, and what to do about it. */
export function AttentionPanel(props: {
  attention: Attention[]
  now: number
  /** Shows the pending clips below. */
  onShowPending: () => void
}) {
  const { attention, now, onShowPending } = props
  if (attention.length === 0) {
    return (
      <Paper component="section" withBorder radius="lg" className={styles.well} aria-label="Needs attention">
        <IconCheck size={18} color="var(--good)" />
        <p role="status">All is well: the providers and the voice work, and no clip is about to be lost.</p>
      </Paper>
    )
  }
  return (
    <Paper
      component="section"
      withBorder
      radius="lg"
      className={styles.attention}
      data-severity={attention.some(({ severity }) => severity === 'critical') ? 'critical' : 'warning'}
      aria-labelledby="attention-title"
    >
      <h2 id="attention-title">Needs attention · {attention.length}</h2>
      <div role="status">
        <ul className={styles.entries}>
          {attention.map((entry) => {
            const { title, advice } = wordsOf(entry, now)
            return (
              <li key={title} data-severity={entry.severity}>
                <IconAlert size={18} color={entry.severity === 'critical' ? 'var(--bad)' : 'var(--wait)'} />
                <div>
                  <strong>{title}</strong>
                  <p>
                    {advice}{' '}
                    {entry.kind === 'clips_ending' && (
                      <>
                        <Anchor
                          component="button"
                          type="button"
                          inherit
                          underline="always"
                          onClick={onShowPending}
                        >
                          Show them
                        </Anchor>{' '}
                      </>
                    )}
                    <Anchor href={`${GUIDE}#${anchorOf(entry)}`} inherit underline="always">
                      Guide
                    </Anchor>
                  </p>
                </div>
              </li>
            )
          })}
        </ul>
      </div>
    </Paper>
  )
}

/** The heading of the guide that an entry is about. */
const anchorOf = ({ kind }: Attention) => sections[kind]

const sections: Record<Attention['kind'], string> = {
  clips_ending: 'pending-clips-expire',
  clips_lost: 'stored-clips-are-lost',
  clips_unproven: 'clips-are-not-delivered-yet',
  no_provider: 'a-provider-fails',
  no_provider_works: 'a-provider-fails',
  provider_failing: 'a-provider-fails',
  provider_note: 'a-provider-fails',
  no_voice_works: 'a-voice-fails',
  voice_failing: 'a-voice-fails',
  disk_full: 'the-disk-is-full',
  disk_low: 'the-disk-is-full',
  budget_low: 'the-byte-budget-is-used-up',
  budget_used_up: 'the-byte-budget-is-used-up',
  redis_away: 'redis-is-away',
}
