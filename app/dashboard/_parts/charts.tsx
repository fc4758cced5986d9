import { AreaChart, BarChart, LineChart } from '@mantine/charts'
import { Paper, SimpleGrid, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Stats } from '#lib/dashboard/read-stats.ts'
import { formatShare, providerLabel } from '../../_shared/format.ts'
import { retryPoints, storagePoints, successPoints, timePoints } from './chart-data.ts'
import styles from './dashboard.module.css'

const colors = ['pine.6', 'blue.6', 'orange.6', 'grape.6', 'cyan.7', 'pink.6']

/** The stats over time. */
export function Charts({ stats }: { stats: Stats }) {
  const isLong = stats.range === '7d' || stats.range === '30d'
  const formatTick = (time: number) =>
    isLong
      ? new Date(time).toLocaleDateString(undefined, { day: 'numeric', month: 'short' })
      : new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
  const providers = stats.providers.map(({ provider }, index) => ({
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
  // Without dots a point that has no neighbours would be invisible.
  const dots = { withDots: true, dotProps: { r: 2 } }
  const lines = {
    ...common,
    ...dots,
    series: providers,
    connectNulls: true,
    withLegend: providers.length > 1,
  }
  const hasStored = stats.series.timesToIpfs.length > 0
  const hasAttempts = stats.series.tries.length > 0
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <ChartCard title="Success rate" note="Of upload attempts, by provider" isEmpty={!hasAttempts}>
        <LineChart
          {...lines}
          data={successPoints(stats)}
          yAxisProps={{ domain: [0, 1], width: 52, tickFormatter: percent }}
          valueFormatter={formatShare}
        />
      </ChartCard>
      <ChartCard title="Time to IPFS" note="Median from staged to stored, by provider" isEmpty={!hasStored}>
        <LineChart {...lines} data={timePoints(stats)} valueFormatter={seconds} yAxisProps={{ width: 72 }} />
      </ChartCard>
      <ChartCard
        title="Background retries"
        note="Upload attempts that no caller waited for"
        isEmpty={!hasAttempts}
      >
        <BarChart
          {...common}
          type="stacked"
          data={retryPoints(stats)}
          withLegend
          yAxisProps={{ allowDecimals: false, width: 52 }}
          series={[
            { name: 'succeeded', label: 'Succeeded', color: 'pine.6' },
            { name: 'failed', label: 'Failed', color: 'red.6' },
          ]}
        />
      </ChartCard>
      <ChartCard title="Temporary storage" note="In use at each clean-up, and now" isEmpty={false}>
        <AreaChart
          {...common}
          data={storagePoints(stats)}
          xAxisProps={{
            ...common.xAxisProps,
            type: 'number',
            scale: 'time',
            domain: [stats.from, stats.at],
          }}
          yAxisProps={{ width: 72 }}
          valueFormatter={(value) => `${value.toLocaleString('en', { maximumSignificantDigits: 3 })} MB`}
          series={[{ name: 'used', label: 'In use', color: 'pine.6' }]}
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
