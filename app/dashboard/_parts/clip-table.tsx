import { ActionIcon, Anchor, Badge, Table, Tooltip, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import {
  formatBytes,
  formatDateTime,
  formatDuration,
  formatTime,
  providerLabel,
} from '../../_shared/format.ts'
import { IconRefresh } from '../../_shared/icons.tsx'
import { formatAge, formatExpiry } from './ages.ts'
import styles from './clips.module.css'
import type { ListedClip } from './clips.ts'

interface ClipTableProps {
  clips: ListedClip[]
  /** The clip that is being retried, or `all`. */
  retrying: string | undefined
  onOpen: (id: string) => void
  onRetry: (id: string) => void
}

const columns = ['Clip', 'Status', 'Voice', 'Length', 'Size', 'Age', 'Expires', 'Provider', 'Attempts']

/** One page of clips: a table, or on a narrow page a card for each. The roles are written out, since cards have other boxes. */
export function ClipTable({ clips, ...rest }: ClipTableProps) {
  const now = Date.now()
  return (
    <Table.ScrollContainer
      minWidth={0}
      type="native"
      tabIndex={0}
      role="region"
      aria-label="Table of clips"
      className={styles.scroll}
    >
      <Table role="table" verticalSpacing="xs" highlightOnHover className={styles.table} aria-label="Clips">
        <Table.Thead role="rowgroup">
          <Table.Tr role="row">
            {columns.map((column) => (
              <Table.Th key={column} role="columnheader">
                {column}
              </Table.Th>
            ))}
            <Table.Th role="columnheader">
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody role="rowgroup">
          {clips.map((clip) => (
            <ClipRow key={clip.id} clip={clip} now={now} {...rest} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function ClipRow({
  clip,
  now,
  retrying,
  onOpen,
  onRetry,
}: Omit<ClipTableProps, 'clips'> & { clip: ListedClip; now: number }) {
  const name = clip.id.slice(0, 12)
  return (
    <Table.Tr role="row">
      <Table.Th role="rowheader" scope="row" className={styles.name}>
        <Anchor component="button" type="button" className={styles.id} onClick={() => onOpen(clip.id)}>
          {name}
        </Anchor>
        {clip.label && <span className={styles.label}>{clip.label}</span>}
      </Table.Th>
      <Cell label="Status" className={styles.status}>
        <Badge className={styles.badge} data-tone={clip.state}>
          {clip.state}
        </Badge>
        <span>{statusOf(clip)}</span>
      </Cell>
      <Cell label="Voice" className={styles.voice}>
        <span title={clip.vendor ? `${clip.voiceId}, ${clip.vendor}` : clip.voiceId}>{clip.voiceId}</span>
      </Cell>
      <Cell label="Length">{clip.durationMs === undefined ? '–' : formatDuration(clip.durationMs)}</Cell>
      <Cell label="Size">{clip.cid ? formatBytes(clip.bytes) : '–'}</Cell>
      <Cell label="Age">
        <span title={formatDateTime(clip.createdAt)}>{formatAge(clip.createdAt, now)}</span>
      </Cell>
      <Cell label="Expires">
        <span title={formatDateTime(clip.expiresAt)}>{formatExpiry(clip, now)}</span>
      </Cell>
      <Cell label="Provider">{clip.provider ? providerLabel(clip.provider) : '–'}</Cell>
      <Cell label="Attempts">{clip.tries}</Cell>
      <Table.Td role="cell" className={styles.action}>
        {isPending(clip) && (
          <Tooltip label="Retry now">
            <ActionIcon
              variant="subtle"
              color="gray"
              loading={retrying === clip.id}
              disabled={retrying !== undefined && retrying !== clip.id}
              aria-label={`Retry ${name}`}
              onClick={() => onRetry(clip.id)}
            >
              <IconRefresh size={16} />
            </ActionIcon>
          </Tooltip>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

function Cell({
  label,
  className,
  children,
}: {
  label: string
  className?: string | undefined
  children: ReactNode
}) {
  return (
    <Table.Td role="cell" data-label={label} className={className}>
      {children}
    </Table.Td>
  )
}

/** Whether a clip still waits for IPFS. */
export const isPending = ({ state }: Pick<ListedClip, 'state'>) => state === 'pending' || state === 'staged'

function statusOf({ state, storedAt, nextAttemptAt, error }: ListedClip): string {
  if (state === 'stored') return storedAt ? `at ${formatTime(storedAt)}` : ''
  if (state === 'staged' && !error) return 'The first upload is running'
  const next = isPending({ state }) && nextAttemptAt && `next attempt at ${formatTime(nextAttemptAt)}`
  return [error, next].filter(Boolean).join(' · ')
}
