import { Paper, Table, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { formatDateTime } from '../../_shared/format.ts'
import styles from './chart-card.module.css'
import type { Point } from './chart-data.ts'

interface ChartCardProps {
  title: string
  note: string
  /** What to say where there is nothing to draw. */
  none: string | undefined
  /** A line needs two points with data; where there are fewer, their table stands in its place. */
  isLine?: boolean
  data: Point[]
  series: { name: string; label: string }[]
  format: (value: number) => string
  children: ReactNode
}

/** A chart with its name, and with its data as a table for those who cannot see it. */
export function ChartCard({ title, note, none, isLine, data, series, format, children }: ChartCardProps) {
  const points = data.filter((point) => series.some(({ name }) => isNumber(point[name])))
  const table = <ChartTable {...{ title, points, series, format }} />
  return (
    <Paper
      component="section"
      withBorder
      radius="lg"
      className={styles.card}
      aria-label={`${title} over time`}
    >
      <div>
        <h2>{title}</h2>
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      </div>
      {none && (
        <Text size="sm" c="dimmed" className={styles.none}>
          {none}
        </Text>
      )}
      {!none && isLine && points.length < 2 && table}
      {!none && !(isLine && points.length < 2) && (
        <>
          <div role="img" aria-label={`Chart of ${title.toLowerCase()}; its data stand in the table below`}>
            {children}
          </div>
          <Disclosed>{table}</Disclosed>
        </>
      )}
    </Paper>
  )
}

/** Its rows are made when somebody wants to see them. */
function Disclosed({ children }: { children: ReactNode }) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <details className={styles.data} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Data as a table</summary>
      {isOpen && children}
    </details>
  )
}

interface ChartTableProps extends Pick<ChartCardProps, 'title' | 'series' | 'format'> {
  points: Point[]
}

function ChartTable({ title, points, series, format }: ChartTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
    <section className={styles.scroll} tabIndex={0} aria-label={`${title}, data`}>
      <Table className={styles.table} aria-label={title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            {series.map(({ name, label }) => (
              <Table.Th key={name} ta="end">
                {label}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {points.map((point) => (
            <Table.Tr key={point.time}>
              <Table.Th scope="row">{formatDateTime(point.time)}</Table.Th>
              {series.map(({ name }) => {
                const value = point[name]
                return (
                  <Table.Td key={name} ta="end">
                    {isNumber(value) ? format(value) : '–'}
                  </Table.Td>
                )
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

const isNumber = (value: number | null | undefined): value is number => Number.isFinite(value)
