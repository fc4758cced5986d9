import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { systemClock } from '#lib/platform/clock.ts'
import { createRedis, type RedisConnections } from '#lib/redis/connections.ts'
import { createLog } from '#lib/telemetry/log.ts'
import type { LogLine } from './services.ts'

/** The connections of one instance, closed when the test is over, with keys of the test's own, and what they log. */
export function testRedis({
  url,
  prefix = ownPrefix(),
  ...rest
}: {
  url: string
  prefix?: string
  lookAgainMs?: number
}): RedisConnections & {
  lines: LogLine[]
} {
  const lines: LogLine[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const log = createLog({ level: 'debug', scrub: (text) => text, destination })
  const redis = createRedis({ url, log, clock: { ...systemClock, random: () => 0 }, prefix, ...rest })
  onTestFinished(() => redis.close())
  return { ...redis, lines }
}

/** What no other test's keys start with. */
export const ownPrefix = () => `test-${randomUUID()}:`
