import type { Config } from '#lib/config/index.ts'

/**
 * How long a stop may take, in milliseconds, each limit longer than the one before: running work, then running requests,
 * whose answers may wait for that work, then the process as a whole.
 */
export function shutdownLimits({ shutdownGraceMs }: Pick<Config, 'shutdownGraceMs'>) {
  return { workMs: shutdownGraceMs, requestsMs: shutdownGraceMs + 5000, processMs: shutdownGraceMs + 10_000 }
}
