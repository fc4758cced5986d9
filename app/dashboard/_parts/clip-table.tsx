import { ActionIcon, Anchor, Table, Tooltip, VisuallyHidden } from '@mantine/core'
import { formatDateTime, formatTime, providerLabel } from '../../_shared/format.ts'
import { IconRefresh } from '../../_shared/icons.tsx'
import type { ListedClip } from './clips.ts'
import styles from './dashboard.module.css'

interface ClipTableProps {
  clips: ListedClip[]
  /** The clip that is being retried, or `all`. */
  retrying: string | undefined
  onOpen: (id: string) => void
  onRetry: (id: string) => void
}

/** One page of clips. */
export function ClipTable({ clips, retrying, onOpen, onRetry }: ClipTableProps) {
  return (
    <Table.ScrollContainer minWidth={640} type="native" className={styles.scroll}>
      <Table verticalSpacing="xs" highlightOnHover className={styles.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Clip</Table.Th>
            <Table.Th>Spoken</Table.Th>
            <Table.Th ta="end">Attempts</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {clips.map((clip) => (
            <Table.Tr key={clip.id}>
              <Table.Th scope="row">
                <Anchor
                  component="button"
                  type="button"
                  className={styles.id}
                  onClick={() => onOpen(clip.id)}
                >
                  {clip.id.slice(0, 12)}
                </Anchor>
              </Table.Th>
              <Table.Td className={styles.when}>{formatDateTime(clip.createdAt)}</Table.Td>
              <Table.Td ta="end">{clip.tries}</Table.Td>
              <Table.Td className={styles.status}>{statusOf(clip)}</Table.Td>
              <Table.Td ta="end">
                {isPending(clip) && (
                  <Tooltip label="Retry now">
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      loading={retrying === clip.id}
                      disabled={retrying !== undefined && retrying !== clip.id}
                      aria-label={`Retry ${clip.id.slice(0, 12)}`}
                      onClick={() => onRetry(clip.id)}
                    >
                      <IconRefresh size={16} />
                    </ActionIcon>
                  </Tooltip>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

const isPending = ({ state }: ListedClip) => state === 'pending' || state === 'staged'

function statusOf({ state, provider, storedAt, nextAttemptAt, error }: ListedClip): string {
  if (state === 'stored') {
    return `Stored${provider ? ` by ${providerLabel(provider)}` : ''}${storedAt ? ` at ${formatTime(storedAt)}` : ''}`
  }
  const next =
    isPending({ state } as ListedClip) && nextAttemptAt && `next attempt at ${formatTime(nextAttemptAt)}`
  return [error, next].filter(Boolean).join(' · ') || 'The first upload is running'
}
