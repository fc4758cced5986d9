import type { Services } from '#lib/context.ts'

/**
 * How long a lease lasts, in milliseconds: longer than one attempt, which takes `attemptMs` at most, and the longest wait
 * after it.
 */
export function leaseMs(
  { config }: Pick<Services, 'config'>,
  attemptMs = config.ipfs.attemptTimeoutMs,
): number {
  const { uploadDeadlineMs, retryDelaysMs } = config.ipfs
  const longestWaitMs = Math.max(uploadDeadlineMs, ...retryDelaysMs) * 1.2
  return attemptMs + longestWaitMs + 15_000
}
