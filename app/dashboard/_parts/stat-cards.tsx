import { Paper, Progress, SimpleGrid, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Stats } from '#lib/dashboard/read-stats.ts'
import { formatBytes, formatDuration, formatShare } from '../../_shared/format.ts'
import styles from './dashboard.module.css'

/** The main stats of the service. */
export function StatCards({ stats }: { stats: Stats }) {
  const { clips, temporary, background, timeToIpfs, characters, undelivered } = stats
  const retries = background.stored + background.failed
  const used = `${temporary.clips.toLocaleString('en')} ${temporary.clips === 1 ? 'clip' : 'clips'}`
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 5 }} spacing="md">
      <Stat
        label="On IPFS"
        value={formatShare(ratio(clips.stored, clips.spoken))}
        note={`${count(clips.stored)} of ${count(clips.spoken)} clips · ${count(clips.waiting)} pending · ${count(clips.expired)} expired`}
      >
        <Text size="xs" c={undelivered.lost > 0 ? 'red' : 'dimmed'}>
          {count(undelivered.unproven)} stored, not read back yet
          {undelivered.lost > 0 && ` · ${count(undelivered.lost)} of them lost`}
        </Text>
      </Stat>
      <Stat
        label="Temporary storage"
        value={formatBytes(temporary.bytes)}
        note={`${used} of at most ${formatBytes(temporary.maxBytes)} · ${count(temporary.waiting)} pending`}
      >
        <Progress
          size={4}
          value={(temporary.bytes / temporary.maxBytes) * 100}
          aria-label="Temporary storage in use"
        />
      </Stat>
      <Stat
        label="Background retries"
        value={formatShare(ratio(background.stored, retries))}
        note={`${count(background.stored)} of ${count(retries)} attempts succeeded`}
      />
      <Stat
        label="Time to IPFS"
        value={timeToIpfs ? formatDuration(timeToIpfs.medianMs) : '–'}
        note={timeToIpfs ? `Median · p95 ${formatDuration(timeToIpfs.p95Ms)}` : 'No clip was stored'}
      />
      <Stat
        label="Characters paid for"
        value={count(characters.spoken)}
        note={`${count(characters.saved)} saved by reusing clips · since the first start`}
      />
    </SimpleGrid>
  )
}

function Stat(props: { label: string; value: string; note: string; children?: ReactNode }) {
  return (
    <Paper component="section" withBorder radius="lg" className={styles.stat} aria-label={props.label}>
      <h2>{props.label}</h2>
      <p className={styles.value}>{props.value}</p>
      {props.children}
      <Text size="xs" c="dimmed">
        {props.note}
      </Text>
    </Paper>
  )
}

const count = (number: number) => number.toLocaleString('en')
const ratio = (part: number, whole: number) => (whole === 0 ? undefined : part / whole)
