import type { RecordedRequest } from '../../support/stub-vendors.ts'
import type { Call } from './load.ts'

/** What one fault did to callers and clips. Durations are milliseconds, counted from the fault's end. */
export interface Row {
  fault: string
  lastedMs: number
  calls: Outcomes
  listens: Outcomes
  /** Until calls succeeded in a row again. `undefined`: they did not. */
  callersAfterMs: number | undefined
  /** Until every clip that was accepted before the fault's end was stored. `undefined`: not all were. */
  backlogAfterMs: number | undefined
  largestBacklog: number
}

export interface Outcomes {
  count: number
  /** By code. */
  errors: Record<string, number>
}

/** So many calls in a row have to succeed. */
export const IN_A_ROW = 20
/** A connection that the client has given up is closed here a moment later. */
const TOLERANCE_MS = 50

/** When the first of `IN_A_ROW` calls that succeeded one after the other started, counting from `since`. */
export function recoveredAt(calls: readonly Call[], since: number): number | undefined {
  const later = calls
    .filter(({ startedAt }) => startedAt >= since)
    .toSorted((a, b) => a.startedAt - b.startedAt)
  const lastError = later.findLastIndex(({ outcome }) => outcome !== 'ok')
  return later.length - 1 - lastError >= IN_A_ROW ? (later[lastError + 1]?.startedAt ?? since) : undefined
}

/** What came of the calls that were under way between two moments. */
export function outcomesBetween(calls: readonly Call[], from: number, to: number): Outcomes {
  const chosen = calls.filter(({ startedAt, endedAt }) => endedAt >= from && startedAt <= to)
  const errors: Record<string, number> = {}
  for (const { outcome } of chosen) if (outcome !== 'ok') errors[outcome] = (errors[outcome] ?? 0) + 1
  return { count: chosen.length, errors }
}

/** Contents that were under way to one provider by two uploads at once: one line each. */
export function findUploadsAtOnce(uploads: readonly RecordedRequest[]): string[] {
  const byContent = Map.groupBy(
    uploads.filter(({ cid }) => cid),
    ({ cid, vendor }) => `${cid} at ${vendor}`,
  )
  return [...byContent]
    .filter(([, requests]) => overlap(requests))
    .map(([content, requests]) => {
      const history = requests.toSorted((a, b) => a.startedAt - b.startedAt).map(describe)
      return `${content}: ${history.join(', ')}`
    })
}

function overlap(requests: readonly RecordedRequest[]): boolean {
  let busyUntil = 0
  return requests
    .toSorted((a, b) => a.startedAt - b.startedAt)
    .some(({ startedAt, endedAt = Number.POSITIVE_INFINITY }) => {
      const isAtOnce = startedAt + TOLERANCE_MS < busyUntil
      busyUntil = Math.max(busyUntil, endedAt)
      return isAtOnce
    })
}

function describe({ vendor, startedAt, endedAt, status, fault }: RecordedRequest): string {
  const clock = (at: number) => new Date(at).toISOString().slice(14, 23)
  return `${vendor} ${clock(startedAt)} to ${endedAt ? clock(endedAt) : 'now'} (${fault ?? status})`
}
