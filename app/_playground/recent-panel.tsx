import { ActionIcon, Anchor, Paper, Text } from '@mantine/core'
import { CopyButton } from '../_shared/copy-button.tsx'
import { formatDateTime } from '../_shared/format.ts'
import { IconPlay, IconTrash } from '../_shared/icons.tsx'
import styles from './code.module.css'
import page from './playground.module.css'
import type { RecentClip } from './recent-clips.ts'

interface RecentPanelProps {
  clips: RecentClip[]
  /** The clip that is shown above. */
  shownId: string | undefined
  onReplay: (id: string) => void
  onRemove: (id: string) => void
}

const ended = {
  expired: 'Expired: no IPFS provider took it in time',
  gone: 'No longer there',
}

/** The clips that were spoken in this browser. */
export function RecentPanel({ clips, shownId, onReplay, onRemove }: RecentPanelProps) {
  if (clips.length === 0) return null
  return (
    <Paper component="section" withBorder radius="lg" className={page.card} aria-labelledby="recent-title">
      <div className={page.cardHead}>
        <h2 id="recent-title" className={page.label}>
          Recent clips
        </h2>
        <Text size="xs" c="dimmed">
          remembered by this browser
        </Text>
      </div>
      <ul className={styles.recent}>
        {clips.map((clip) => {
          const end = clip.state === 'expired' || clip.state === 'gone' ? ended[clip.state] : undefined
          return (
            <li key={clip.id} aria-current={clip.id === shownId || undefined}>
              <ActionIcon
                variant="default"
                radius="xl"
                size={34}
                disabled={end !== undefined || clip.state === 'speaking'}
                aria-label={`Play “${clip.text}”`}
                onClick={() => onReplay(clip.id)}
              >
                <IconPlay size={16} />
              </ActionIcon>
              <div className={styles.recentFacts}>
                <div className={styles.recentText} dir="auto" title={clip.text}>
                  {clip.text}
                </div>
                <Text size="xs" c="dimmed" className={styles.recentDetails}>
                  <bdi>{clip.voice}</bdi> · {formatDateTime(clip.spokenAt)}
                  {end && ` · ${end}`}
                  {!end && clip.address && (
                    <>
                      {' · '}
                      <Anchor
                        href={clip.address}
                        target="_blank"
                        rel="noreferrer"
                        size="xs"
                        underline="always"
                      >
                        {clip.state === 'stored' ? 'Permanent address' : 'Temporary address'}
                      </Anchor>
                    </>
                  )}
                </Text>
              </div>
              {!end && clip.address && <CopyButton value={clip.address} label="Copy the address" />}
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label="Remove from this list"
                title="Remove from this list; the clip itself stays"
                onClick={() => onRemove(clip.id)}
              >
                <IconTrash size={16} stroke={1.7} />
              </ActionIcon>
            </li>
          )
        })}
      </ul>
    </Paper>
  )
}
