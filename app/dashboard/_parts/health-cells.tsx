import { Badge, Table } from '@mantine/core'
import type { BreakerState } from '#lib/platform/breaker.ts'
import { formatDuration, formatShare } from '../../_shared/format.ts'
import styles from './dashboard.module.css'

const breakerLabels: Record<BreakerState, string> = {
  closed: 'Closed',
  half_open: 'Half-open',
  open: 'Open (cool-down)',
}

/** The state of a breaker, and what its operator must do something about. */
export function BreakerCell({
  breaker,
  note,
}: {
  breaker: BreakerState | undefined
  note: string | undefined
}) {
  return (
    <Table.Td>
      <Badge className={styles.badge} data-tone={breaker ?? 'none'}>
        {breaker ? breakerLabels[breaker] : 'Not configured'}
      </Badge>
      {note && <span className={styles.aside}>{note}</span>}
    </Table.Td>
  )
}

/** How many of all attempts were good. */
export function ShareCell({ good, failed }: { good: number; failed: number }) {
  const attempts = good + failed
  return (
    <Table.Td ta="end">
      {formatShare(attempts === 0 ? undefined : good / attempts)}
      <span className={styles.aside}>
        {good.toLocaleString('en')} of {attempts.toLocaleString('en')}
      </span>
    </Table.Td>
  )
}

/** The median and the 95th percentile, where something was measured. */
export function TimeCells({ times }: { times: { medianMs: number; p95Ms: number } | undefined }) {
  return (
    <>
      <Table.Td ta="end" className={styles.time}>
        {times ? formatDuration(times.medianMs) : '–'}
      </Table.Td>
      <Table.Td ta="end" className={styles.time}>
        {times ? formatDuration(times.p95Ms) : '–'}
      </Table.Td>
    </>
  )
}
