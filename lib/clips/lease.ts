import type { Services } from '#lib/context.ts'

/** How long a lease lasts, in milliseconds: longer than one attempt and the longest wait after it. */
export function leaseMs({ config }: Pick<Services, 'config'>): number {
  const { attemptTimeoutMs, uploadDeadlineMs, retryDelaysMs } = config.ipfs
  const longestWaitMs = Math.max(uploadDeadlineMs, ...retryDelaysMs) * 1.2
  return attemptTimeoutMs + longestWaitMs + 15_000
}
