import type { RecordedRequest } from './stub-vendors.ts'

/** The time from the start of each try to that of the next: on a busy machine the stub notices the end of one late. */
export function waitsBetween(requests: RecordedRequest[]): number[] {
  return requests.slice(1).map(({ startedAt }, index) => startedAt - (requests[index]?.startedAt ?? 0))
}
