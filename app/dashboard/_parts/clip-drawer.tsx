import { Badge, Drawer, Progress, Skeleton, Table, Text } from '@mantine/core'
import { setNonce } from 'get-nonce'
import { useEffect, useState } from 'react'
import type { ClipView } from '../../_shared/clip-view.ts'
import { CopyButton } from '../../_shared/copy-button.tsx'
import { formatBytes, formatDateTime, formatDuration } from '../../_shared/format.ts'
import { useNonce } from '../../_shared/providers.tsx'
import { watchClip } from '../../_shared/watch-clip.ts'
import styles from './dashboard.module.css'
import { type Segment, waterfallOf } from './waterfall.ts'

/** One clip in detail, kept up to date. */
export function ClipDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
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
        <div className={styles.drawerHead}>
          <Drawer.Title className={styles.drawerTitle}>Clip {id?.slice(0, 12)}</Drawer.Title>
          <Drawer.CloseButton aria-label="Close" />
        </div>
        <Drawer.Body>{clip ? <ClipDetails clip={clip} /> : <Skeleton height={240} />}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}

function ClipDetails({ clip }: { clip: ClipView }) {
  const facts = [
    clip.bytes !== undefined && formatBytes(clip.bytes),
    clip.durationMs !== undefined && `${formatDuration(clip.durationMs)} of audio`,
    `${clip.characters} characters`,
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
      {clip.cid && (
        <div className={styles.cid}>
          <span>{clip.cid}</span>
          <CopyButton value={clip.cid} label="Copy the CID" />
        </div>
      )}
      <Table className={styles.waterfall} aria-label="Timeline">
        <Table.Tbody>
          {waterfallOf(clip, Date.now()).map((segment, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: what has happened keeps its place.
            <SegmentRow key={index} {...segment} />
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed">
        Every step from the start of the speech, in order. The bars are logarithmic, so that milliseconds are
        visible beside hours.
      </Text>
    </div>
  )
}

const tones: Record<Segment['kind'], string> = {
  speech: 'var(--speech)',
  wait: 'var(--rule)',
  running: 'var(--wait)',
  failed: 'var(--bad)',
  stored: 'var(--good)',
}

function SegmentRow({ label, detail, kind, offset, length }: Segment) {
  return (
    <Table.Tr data-kind={kind}>
      <Table.Th scope="row">
        {label}
        <div className={styles.detail}>{detail}</div>
      </Table.Th>
      <Table.Td>
        <Progress.Root size={10} radius="sm" className={styles.bar} aria-hidden>
          <Progress.Section value={offset} color="transparent" />
          <Progress.Section value={Math.max(length, 0.8)} color={tones[kind]} className={styles.segment} />
        </Progress.Root>
      </Table.Td>
    </Table.Tr>
  )
}
