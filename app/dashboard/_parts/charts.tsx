import { AreaChart, BarChart, LineChart } from '@mantine/charts'
import { Paper, SimpleGrid, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Stats } from '#lib/dashboard/read-stats.ts'
import { formatShare, providerLabel } from '../../_shared/format.ts'
import { retryPoints, storagePoints, successPoints, timePoints } from './chart-data.ts'
import styles from './dashboard.module.css'

const colors = ['pine.6', 'blue.6', 'orange.6', 'grape.6', 'cyan.7', 'pink.6']

/** The same figures over time. */
export function Charts({ figures }: { figures: Stats }) {
  const isLong = figures.range === '7d' || figures.range === '30d'
  const formatTick = (time: number) =>
    isLong
      ? new Date(time).toLocaleDateString(undefined, { day: 'numeric', month: 'short' })
      : new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
  const providers = figures.providers.map(({ provider }, index) => ({
    name: provider,
    label: providerLabel(provider),
    color: colors[index % colors.length] ?? 'gray.6',
  }))
  const common = {
    h: 200,
    dataKey: 'time',
    withDots: false,
    strokeWidth: 2,
    gridAxis: 'x' as const,
    xAxisProps: { tickFormatter: formatTick, minTickGap: 40 },
    tooltipAnimationDuration: 0,
  }
  // A point without neighbours has no line to be seen by.
  const dots = { withDots: true, dotProps: { r: 2 } }
  const lines = {
    ...common,
    ...dots,
    series: providers,
    connectNulls: true,
    withLegend: providers.length > 1,
  }
  const hasStored = figures.series.timesToIpfs.length > 0
  const hasTries = figures.series.tries.length > 0
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <ChartCard title="Tries that succeeded" note="By provider" isEmpty={!hasTries}>
        <LineChart
          {...lines}
          data={successPoints(figures)}
          yAxisProps={{ domain: [0, 1], width: 52, tickFormatter: percent }}
          valueFormatter={formatShare}
        />
      </ChartCard>
      <ChartCard title="Time to IPFS" note="Median from kept to stored, by provider" isEmpty={!hasStored}>
        <LineChart
          {...lines}
          data={timePoints(figures)}
          valueFormatter={seconds}
          yAxisProps={{ width: 72 }}
        />
      </ChartCard>
      <ChartCard title="Background retries" note="Tries that no caller waited for" isEmpty={!hasTries}>
        <BarChart
          {...common}
          type="stacked"
          data={retryPoints(figures)}
          withLegend
          yAxisProps={{ allowDecimals: false, width: 52 }}
          series={[
            { name: 'succeeded', label: 'Succeeded', color: 'pine.6' },
            { name: 'failed', label: 'Failed', color: 'red.6' },
          ]}
        />
      </ChartCard>
      <ChartCard title="Temporary storage" note="Held at each clean-up, and now" isEmpty={false}>
        <AreaChart
          {...common}
          data={storagePoints(figures)}
          xAxisProps={{
            ...common.xAxisProps,
            type: 'number',
            scale: 'time',
            domain: [figures.from, figures.at],
          }}
          yAxisProps={{ width: 72 }}
          valueFormatter={(value) => `${value.toLocaleString('en', { maximumSignificantDigits: 3 })} MB`}
          series={[{ name: 'held', label: 'Held', color: 'pine.6' }]}
        />
      </ChartCard>
    </SimpleGrid>
  )
}

function ChartCard(props: { title: string; note: string; isEmpty: boolean; children: ReactNode }) {
  return (
    <Paper
      component="section"
      withBorder
      radius="lg"
      className={styles.card}
      aria-label={`${props.title} over time`}
    >
      <div>
        <h2>{props.title}</h2>
        <Text size="xs" c="dimmed">
          {props.note}
        </Text>
      </div>
      {props.isEmpty ? (
        <Text size="sm" c="dimmed" className={styles.empty}>
          Nothing in this range
        </Text>
      ) : (
        props.children
      )}
    </Paper>
  )
}

const percent = (share: number) => `${Math.round(share * 100)} %`
const seconds = (value: number) => `${value.toLocaleString('en', { maximumSignificantDigits: 3 })} s`
