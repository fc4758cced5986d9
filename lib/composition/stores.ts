import path from 'node:path'
import { enqueueDueWork } from '#lib/background/enqueue-due-work.ts'
import { type Catalog, createCatalog } from '#lib/catalog/catalog.ts'
import { postgresServer } from '#lib/catalog/postgres.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { traceClips } from '#lib/clips/trace-clips.ts'
import type { Config } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import type { TimeReading } from '#lib/platform/skew-corrected-clock.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { createBucket } from '#lib/temp-audio/bucket.ts'
import { type Owner, ownedBucket } from '#lib/temp-audio/owned-bucket.ts'
import { createS3Store } from '#lib/temp-audio/s3.ts'

/** The disk of a serverless function is half a gibibyte, and in memory. */
const SERVERLESS_COPIES_BYTES = 128 * MEBIBYTE

/** The records, with what subscribes to their events for good: traces and the work queue. */
export function openCatalog(
  config: Config,
  { clock, events, tracing, workQueue }: Pick<Services, 'clock' | 'events' | 'tracing' | 'workQueue'>,
  onTime: (reading: TimeReading) => void,
): Catalog {
  const connector = config.databaseUrl
    ? postgresServer(config.databaseUrl, onTime)
    : sqliteFile(path.join(config.tempAudio.directory, 'catalog.sqlite'))
  const hasWebhook = config.webhook !== undefined
  if (tracing) traceClips(events, tracing, clock)
  enqueueDueWork(events, {
    workQueue,
    clock,
    isShared: config.redisUrl !== undefined,
    forWebhooks: hasWebhook,
  })
  return createCatalog(connector, { recordsWebhooks: hasWebhook, events })
}

/** The bucket, where there is one, and the temporary store that brings clips into it. */
export function openS3(
  config: Config,
  { clock, log, leaseOwner }: Pick<Services, 'clock' | 'log' | 'leaseOwner'>,
  owner: Owner,
): Services['s3'] {
  if (!config.s3) return undefined
  const bucket = ownedBucket(createBucket({ ...config.s3, clock }), { name: config.s3.bucket, owner, clock })
  const store = createS3Store({
    bucket,
    owner: leaseOwner,
    clock,
    directory: path.join(config.tempAudio.directory, 's3'),
    ...(config.isServerless && { copiesMaxBytes: SERVERLESS_COPIES_BYTES, isDiskLasting: false }),
    onProblem: (error) => log.error({ err: error }, 'Bucket transfer failed'),
  })
  return { bucket, store }
}
