import type { Metric } from 'prom-client'
import type { Counters } from '#lib/catalog/counters.ts'

interface CountedOptions {
  counters: Awaited<ReturnType<Counters['read']>>
  /** What the names of its counters begin with. */
  counter: string
  buckets: readonly number[]
  /** What its values differ in, where they do: the first word of the counters' labels. */
  label?: string
}

/** A histogram of buckets that the catalog has counted; the library's own class can only count by itself. */
export function countedHistogram(name: string, help: string, options: CountedOptions): Metric {
  const { counters, counter, buckets, label } = options
  const counted = (part: string) => counters[`${counter}_${part}`] ?? {}
  const values = (label ? Object.keys(counted('count')) : ['']).flatMap((value) => {
    const labels: Record<string, string> = label ? { [label]: value } : {}
    let cumulative = 0
    const steps = [...buckets.map(String), '+Inf'].map((le) => {
      cumulative += counted('bucket')[label ? `${value} ${le}` : le] ?? 0
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: cumulative }
    })
    return [
      ...steps,
      { metricName: `${name}_sum`, labels, value: counted('sum')[value] ?? 0 },
      { metricName: `${name}_count`, labels, value: counted('count')[value] ?? 0 },
    ]
  })
  const histogram = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    get: async () => ({ name, help, type: 'histogram', values }),
  }
  // What a registry reads of a metric is less than what its type asks for.
  return histogram as unknown as Metric
}
