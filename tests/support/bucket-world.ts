import { onTestFinished } from 'vitest'
import { systemClock } from '#lib/platform/clock.ts'
import { type S3Server, startS3 } from './servers/s3.ts'
import { testServices } from './services.ts'

/** A machine with a bucket; `after`: the same one, in its next process. */
export async function openBucketWorld(
  after?: { directory: string; server: S3Server },
  environment: Record<string, string> = {},
) {
  const server = after?.server ?? (await startS3())
  if (!after) onTestFinished(() => server.stop())
  let aheadMs = 0
  const world = await testServices({
    clock: { ...systemClock, now: () => Date.now() + aheadMs },
    environment: { ...server.environment(), IPFS_RETRY_DELAYS_MS: '1', ...environment },
    ...(after && { directory: after.directory }),
  })
  onTestFinished(() => world.services.s3?.bucket.close())
  const advance = (ms: number) => {
    aheadMs += ms
  }
  return { ...world, server, advance }
}
