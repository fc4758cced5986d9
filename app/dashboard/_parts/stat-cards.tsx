import { Paper, Progress, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Figures } from '#lib/http/answers/figures.ts'
import { formatBytes, formatDuration, formatShare } from '../../_shared/format.ts'
import styles from './dashboard.module.css'

/** The main stats of the service. */
export function StatCards({ stats }: { stats: Figures }) {
  const { clips, temporary, background, timeToIpfs, undelivered } = stats
  const retries = background.stored + background.failed
  const used = `${count(temporary.clips)} ${temporary.clips === 1 ? 'clip' : 'clips'}`
  return (
    <div className={styles.stats}>
      <Stat
        label="On IPFS"
        value={formatShare(ratio(clips.stored, clips.spoken))}
        note={`${count(clips.stored)} of ${count(clips.spoken)} clips · ${count(clips.waiting)} pending`}
      >
        {clips.expired > 0 && <p className={styles.badNote}>{count(clips.expired)} expired before that</p>}
      </Stat>
      <SpeechStat stats={stats} />
      <Stat
        label="Time to IPFS"
        value={timeToIpfs ? formatDuration(timeToIpfs.medianMs) : '–'}
        note={timeToIpfs ? `p50 · p95 ${formatDuration(timeToIpfs.p95Ms)}` : 'No clip was stored'}
      />
      <Stat
        label="Background retries"
        value={formatShare(ratio(background.stored, retries))}
        note={`${count(background.stored)} of ${count(retries)} attempts succeeded`}
      />
      <Stat
        label="Temporary storage"
        value={formatBytes(temporary.bytes)}
        note={`${used}, at most ${formatBytes(temporary.maxBytes)} · ${count(temporary.waiting)} pending`}
      >
        <Progress
          size={4}
          value={(temporary.bytes / temporary.maxBytes) * 100}
          aria-label="Temporary storage in use"
        />
      </Stat>
      <Stat
        label="Delivery"
        value={count(undelivered.unproven)}
        note="stored clips were not read back from their provider yet"
      >
        {undelivered.lost > 0 && <p className={styles.badNote}>{count(undelivered.lost)} of them are lost</p>}
      </Stat>
      <CharactersStat {...stats.characters} />
      <RequestsStat {...stats.requests} />
    </div>
  )
}

function SpeechStat({ stats }: { stats: Figures }) {
  const { vendors } = stats.speech
  const sum = (key: 'spoken' | 'failed') => vendors.reduce((total, vendor) => total + vendor[key], 0)
  const attempts = sum('spoken') + sum('failed')
  return (
    <Stat
      label="Texts spoken"
      value={formatShare(ratio(sum('spoken'), attempts))}
      note={`${count(sum('spoken'))} of ${count(attempts)} attempts succeeded`}
    />
  )
}

function CharactersStat({ spoken, saved, lost }: Figures['characters']) {
  return (
    <Stat
      label="Characters spoken"
      value={count(spoken)}
      note={`${count(saved)} more saved by reusing clips · since the first start`}
    >
      {lost > 0 && <p className={styles.badNote}>{count(lost)} paid for, perhaps, and lost</p>}
    </Stat>
  )
}

function RequestsStat({ total, refused, failed, cutOff }: Figures['requests']) {
  const note = [`${count(refused)} refused (4xx)`, ...(cutOff > 0 ? [`${count(cutOff)} cut off`] : [])]
  return (
    <Stat label="HTTP requests" value={count(total)} note={`${note.join(' · ')} · at this process`}>
      {failed > 0 && <p className={styles.badNote}>{count(failed)} failed (5xx)</p>}
    </Stat>
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
