import { DAY_MS } from '#lib/platform/units.ts'
import type { Reader } from './reader.ts'
import { whole } from './variables.ts'

/** Some 270 years: what lasts longer begins before the first date that a machine's clock knows. */
const MOST_DAYS = 100_000

/** For how long records are kept. */
export function readRecords({ read }: Reader) {
  return {
    /** Older records of clips that have come to their end are deleted. */
    keptMs: read('RECORDS_KEPT_DAYS', whole(1, MOST_DAYS), Number.POSITIVE_INFINITY) * DAY_MS,
  }
}
