import { Badge, Table } from '@mantine/core'
import type { ReactNode } from 'react'
import type { BreakerState } from '#lib/platform/breaker.ts'
import { formatDuration, formatShare } from '../../_shared/format.ts'
import styles from './dashboard.module.css'

const breakerLabels: Record<BreakerState, string> = {
  closed: 'Closed',
  half_open: 'Half-open',
  open: 'Open (cool-down)',
}

/**
 * A table of vendors or providers, or on a narrow page a card for each. The roles are written out, since cards have other
 * boxes. `columns`: name, breaker, and what is measured.
 */
export function HealthTable({ columns, children }: { columns: string[]; children: ReactNode }) {
  return (
    <Table role="table" verticalSpacing="xs" className={`${styles.table} ${styles.health}`}>
      <Table.Thead role="rowgroup">
        <Table.Tr role="row">
          {columns.map((column, index) => (
            <Table.Th key={column} role="columnheader" className={index < 2 ? undefined : styles.end}>
              {column}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody role="rowgroup">{children}</Table.Tbody>
    </Table>
  )
}

interface HealthRowProps {
  name: string
  breaker: BreakerState | undefined
  /** What its operator must do something about. */
  note: string | undefined
  children: ReactNode
}

/** One vendor or provider: its breaker, and its `MeasuredCell`s. */
export function HealthRow({ name, breaker, note, children }: HealthRowProps) {
  return (
    <Table.Tr role="row">
      <Table.Th role="rowheader" scope="row">
        {name}
      </Table.Th>
      <Table.Td role="cell">
        <Badge className={styles.badge} data-tone={breaker ?? 'none'}>
          {breaker ? breakerLabels[breaker] : 'Not configured'}
        </Badge>
        {note && <span className={styles.aside}>{note}</span>}
      </Table.Td>
      {children}
    </Table.Tr>
  )
}

/** `label`: the column, for where the head of the table is not seen. */
export function MeasuredCell({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Table.Td role="cell" data-label={label} className={`${styles.end} ${styles.time}`}>
      {children}
    </Table.Td>
  )
}

/** How many of all attempts were good. */
export function ShareCell({ label, good, failed }: { label: string; good: number; failed: number }) {
  const attempts = good + failed
  return (
    <MeasuredCell label={label}>
      {formatShare(attempts === 0 ? undefined : good / attempts)}
      <span className={styles.aside}>
        {good.toLocaleString('en')} of {attempts.toLocaleString('en')}
      </span>
    </MeasuredCell>
  )
}

/** The median and the 95th percentile, where something was measured; `labels`: of the two columns. */
export function TimeCells({
  labels,
  times,
}: {
  labels: readonly [string, string]
  times: { medianMs: number; p95Ms: number } | undefined
}) {
  return (
    <>
      <MeasuredCell label={labels[0]}>{times ? formatDuration(times.medianMs) : '–'}</MeasuredCell>
      <MeasuredCell label={labels[1]}>{times ? formatDuration(times.p95Ms) : '–'}</MeasuredCell>
    </>
  )
}
