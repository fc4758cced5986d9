import { AreaChart, BarChart, LineChart } from '@mantine/charts'
import { SimpleGrid } from '@mantine/core'
import type { Stats } from '#lib/dashboard/read-stats.ts'
import { formatShare, providerLabel } from '../../_shared/format.ts'
import { ChartCard } from './chart-card.tsx'
import { retryPoints, storagePoints, successPoints, timePoints } from './chart-data.ts'

const colors = ['pine.6', 'blue.6', 'orange.6', 'grape.6', 'cyan.7', 'pink.6']
const retries = [
  { name: 'succeeded', label: 'Succeeded', color: 'pine.6' },
  { name: 'failed', label: 'Failed', color: 'red.6' },
]
const storage = [{ name: 'used', label: 'In use', color: 'pine.6' }]
// The table beside a chart has its data: whoever uses a keyboard needs no way into the drawing.
const drawing = { accessibilityLayer: false }

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
    lineChartProps: drawing,
  }
  const noAttempts = stats.series.tries.length === 0 ? 'No upload was tried in this range.' : undefined
  const success = successPoints(stats)
  const times = timePoints(stats)
  const background = retryPoints(stats)
  const used = storagePoints(stats)
  const hasRetries = background.some(({ succeeded, failed }) => Number(succeeded) + Number(failed) > 0)
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <ChartCard
        title="Success rate"
        note="Of upload attempts, by provider"
        none={noAttempts}
        isLine
        data={success}
        series={providers}
        format={formatShare}
      >
        <LineChart
          {...lines}
          data={success}
          yAxisProps={{ domain: [0, 1], width: 52, tickFormatter: percent }}
          valueFormatter={formatShare}
        />
      </ChartCard>
      <ChartCard
        title="Time to IPFS"
        note="p50 from staged to stored, by provider"
        none={stats.series.timesToIpfs.length === 0 ? 'No clip was stored in this range.' : undefined}
        isLine
        data={times}
        series={providers}
        format={seconds}
      >
        <LineChart {...lines} data={times} valueFormatter={seconds} yAxisProps={{ width: 72 }} />
      </ChartCard>
      <ChartCard
        title="Background retries"
        note="Upload attempts that no caller waited for"
        none={hasRetries ? undefined : 'No clip had to be retried in this range.'}
        data={background.filter(({ succeeded, failed }) => Number(succeeded) + Number(failed) > 0)}
        series={retries}
        format={String}
      >
        <BarChart
          {...common}
          type="stacked"
          data={background}
          withLegend
          yAxisProps={{ allowDecimals: false, width: 52 }}
          series={retries}
          barChartProps={drawing}
        />
      </ChartCard>
      <ChartCard
        title="Temporary storage"
        note="In use at each clean-up, and now"
        none={
          used.length < 2 ? 'It is measured at each clean-up; the first one is still to come.' : undefined
        }
        data={used}
        series={storage}
        format={megabytes}
      >
        <AreaChart
          {...common}
          data={used}
          xAxisProps={{
            ...common.xAxisProps,
            type: 'number',
            scale: 'time',
            domain: [stats.from, stats.at],
          }}
          yAxisProps={{ width: 72 }}
          valueFormatter={megabytes}
          series={storage}
          areaChartProps={drawing}
        />
      </ChartCard>
    </SimpleGrid>
  )
}

const percent = (share: number) => `${Math.round(share * 100)} %`
const seconds = (value: number) => `${value.toLocaleString('en', { maximumSignificantDigits: 3 })} s`
const megabytes = (value: number) => `${value.toLocaleString('en', { maximumSignificantDigits: 3 })} MB`
