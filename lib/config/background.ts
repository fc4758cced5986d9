import { HOUR_MS } from '#lib/platform/units.ts'
import type { Reader } from './reader.ts'
import { chance, flag, whole } from './variables.ts'

/** The work that a process does besides answering requests. On a serverless platform it does none between them. */
export function readBackground({ read }: Reader, { isServerless }: { isServerless: boolean }) {
  const hasFollowUps = read('BACKGROUND', flag, true)
  return {
    /** Whether this process does background work by timers and the queue. */
    hasBackground: hasFollowUps && !isServerless,
    /** Whether this process, after an answer, also works on clips of other requests. */
    hasFollowUps,
    /** The chance that a request also retries pending uploads, from 0 to 1, and how many of them. */
    retry: {
      opportunisticChance: read('OPPORTUNISTIC_RETRY_CHANCE', chance, 0.1),
      batchSize: read('RETRY_BATCH_SIZE', whole(1), 3),
    },
    /** How often each stored clip is read back and verified (0: never), and how many of them a minute at most. */
    audit: {
      intervalMs: read('AUDIT_INTERVAL_HOURS', whole(0, 24 * 365), 24) * HOUR_MS,
      requestsPerMinute: read('AUDIT_REQUESTS_PER_MINUTE', whole(0), 10),
    },
    /** How many clips a minute are read back because they were stored, by all processes that share a Redis. */
    readBacksPerMinute: read('READ_BACKS_PER_MINUTE', whole(1), 120),
  }
}
