import type { Services } from '#lib/context.ts'
import type { Stats } from '#lib/dashboard/read-stats.ts'
import { requestMetrics } from '#lib/http/request-metrics.ts'

/** How many kinds of failed requests are named. */
const FAILURES_SHOWN = 6

/** The requests to the process that answers, since it started. */
export interface RequestStats {
  /** When it started, in milliseconds since the epoch. */
  since: number
  total: number
  /** Answered by a status from 400 to 499, and from 500 on. */
  refused: number
  failed: number
  /** Ended before they were answered. */
  cutOff: number
  /** The most frequent of those that were refused or failed, `failed` first. */
  failures: { route: string; method: string; status: number; count: number }[]
}

/** What the dashboard shows: of the catalog, and of the process that answers. */
export type Figures = Stats & { requests: RequestStats }

/** The stats as the operators' route answers them. */
export async function figuresAnswer({ clock }: Pick<Services, 'clock'>, stats: Stats): Promise<Figures> {
  const since = Math.round(clock.now() - process.uptime() * 1000)
  const { values } = await requestMetrics().requests.get()
  const counts = values.map(({ value, labels }) => ({
    route: String(labels.route),
    method: String(labels.method),
    status: Number(labels.status),
    count: value,
  }))
  return { ...stats, requests: { since, ...requestStats(counts) } }
}

/** Sums up the requests of each route, method and status. */
export function requestStats(counts: RequestStats['failures']): Omit<RequestStats, 'since'> {
  const sum = (fits: (status: number) => boolean) =>
    counts.reduce((total, { status, count }) => total + (fits(status) ? count : 0), 0)
  const failures = counts
    .filter(({ status }) => status >= 400)
    .toSorted((a, b) => Number(b.status >= 500) - Number(a.status >= 500) || b.count - a.count)
  return {
    total: sum(() => true),
    refused: sum((status) => status >= 400 && status < 500),
    failed: sum((status) => status >= 500),
    cutOff: sum((status) => status === 0),
    failures: failures.slice(0, FAILURES_SHOWN),
  }
}
