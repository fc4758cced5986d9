import path from 'node:path'
import { createReencoder, type Reencoder } from '#lib/audio/opus/transcoder.ts'
import { ringForWork } from '#lib/background/enqueue-due-work.ts'
import { type Catalog, createCatalog } from '#lib/catalog/catalog.ts'
import { postgresServer } from '#lib/catalog/postgres.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { announceChanges, type Changes, createChanges } from '#lib/clips/changes.ts'
import { createRequestHasher, type RequestHasher } from '#lib/clips/request-hash.ts'
import { traceClips } from '#lib/clips/trace-clips.ts'
import { type Config, secretsOf } from '#lib/config/index.ts'
import { sharingNotes } from '#lib/config/warnings.ts'
import { type CarCache, createCarCache } from '#lib/ipfs/blocks/block-cache.ts'
import { type CarStore, createCarStore } from '#lib/ipfs/blocks/block-store.ts'
import { createBreakerGossip } from '#lib/ipfs/chain/breaker-sync.ts'
import { type Chain, createChain } from '#lib/ipfs/chain/chain.ts'
import { createSharedSlots } from '#lib/ipfs/chain/shared-slots.ts'
import { createLocalSlots } from '#lib/ipfs/chain/slots.ts'
import { createProviders } from '#lib/ipfs/providers/index.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { createRateLimiter, type RateLimiter } from '#lib/limits/rate-limit.ts'
import { createSignInLimit, type SignInLimit } from '#lib/limits/sign-in-limit.ts'
import { isServiceError } from '#lib/model/errors.ts'
import { type Clock, systemClock } from '#lib/platform/clock.ts'
import { createDisk, type Disk } from '#lib/platform/disk-space.ts'
import { newLeaseOwner } from '#lib/platform/process-identity.ts'
import { createScrubber, type Scrub } from '#lib/platform/redact.ts'
import { createSharedClock, type TimeReading } from '#lib/platform/skew-corrected-clock.ts'
import { type BackgroundWork, createBackgroundWork } from '#lib/platform/task-tracker.ts'
import { createBullQueue } from '#lib/queue/bullmq.ts'
import { createLocalQueue } from '#lib/queue/local.ts'
import { createLanes, type WorkQueue } from '#lib/queue/queue.ts'
import { createRedis, type RedisConnections } from '#lib/redis/connections.ts'
import { createSpeech } from '#lib/speech/index.ts'
import type { Speech } from '#lib/speech/speech.ts'
import { createLog, type Log } from '#lib/telemetry/log.ts'
import { createTracing, type Tracing } from '#lib/telemetry/tracing.ts'
import { type Bucket, createBucket } from '#lib/temp-audio/bucket.ts'
import { createFilesystemStore } from '#lib/temp-audio/filesystem.ts'
import { createS3Store, type S3Store } from '#lib/temp-audio/s3.ts'
import type { TempAudioStore } from '#lib/temp-audio/store.ts'

const LOCAL_VOICE_NOTE =
  'No ELEVENLABS_API_KEY is set, so the built-in English voice speaks. Set it, or SPEECH_PROVIDER=local to say that this is meant.'

/** The disk of a function is half a gibibyte, and in memory. */
const SERVERLESS_COPIES_BYTES = 128 * 1024 ** 2

/** A clip that takes longer is kept as it is, for the caller waits. */
const REENCODING_MS = 60_000

/** Everything that the verbs work with. */
export interface Services {
  config: Config
  clock: Clock
  scrub: Scrub
  log: Log
  catalog: Catalog
  /** Tells of changes that this process makes in the catalog. */
  changes: Changes
  /** Only where a collector is configured. */
  tracing: Tracing | undefined
  store: TempAudioStore
  /** Only where the audio is in a bucket: `store` once more, and its bucket. */
  s3: { store: S3Store; bucket: Bucket } | undefined
  /** Where the temporary store and the catalog are. */
  disk: Disk
  speech: Speech
  chain: Chain
  /** The clips of the provider `embedded`. */
  repository: CarStore
  /** Clips that our gateway has fetched from others. */
  cache: CarCache
  providers: readonly IpfsProvider[]
  work: BackgroundWork
  /** Rings for what is due, here or in all processes that share a Redis. */
  workQueue: WorkQueue
  /** How often one caller may have something spoken. */
  rateLimiter: RateLimiter
  signInLimit: SignInLimit
  /** What instances share beyond the catalog; only where there is a `REDIS_URL`. */
  redis: RedisConnections | undefined
  requestHasher: RequestHasher
  reencoder: Reencoder
  /** Who this process is in a lease. */
  leaseOwner: string
  /** One-line warnings about the configuration, for the start. */
  notes: string[]
}

type Built<Name extends keyof Services> = Pick<Services, Name>

/** Builds every adapter that `config` asks for. The only place that does. */
export function createServices(
  config: Config,
  replacements: Partial<Built<'clock' | 'disk' | 'log' | 'speech' | 'store' | 'providers'>> = {},
): Services {
  const scrub = createScrubber(secretsOf(config))
  const log = replacements.log ?? createLog({ level: config.logLevel, scrub })
  const sharedClock = createSharedClock(systemClock, (skewMs) =>
    log.warn({ skewMs }, 'The clock of this machine is not that of the database, which counts from now on'),
  )
  const clock = replacements.clock ?? sharedClock
  const now = () => clock.now()
  const { directory } = config.tempAudio
  const { repositoryDir } = config.ipfs
  const repository = createCarStore({ directory: path.join(repositoryDir, 'clips') })
  const repositoryDisk = createDisk(repositoryDir)
  const { notes, ...built } = createProviders(config.ipfs, { now, repository, repositoryDisk })
  const providers = replacements.providers ?? built.providers
  const leaseOwner = newLeaseOwner()
  const s3 = openS3(config, { clock, log, leaseOwner })
  const changes = createChanges()
  const tracing = createTracing(config.tracing)
  const redis = config.redisUrl ? createRedis({ url: config.redisUrl, log, clock }) : undefined
  const workQueue = createWorkQueue({ redis, clock, log })
  return {
    config,
    clock,
    scrub,
    log,
    changes,
    tracing,
    s3,
    repository,
    providers,
    workQueue,
    redis,
    leaseOwner,
    catalog: openCatalog(config, { clock, changes, tracing, workQueue }, sharedClock.align),
    disk: replacements.disk ?? createDisk(directory, { letGoOfCopies: s3?.store.letGoOfCopies }),
    store:
      replacements.store ?? s3?.store ?? createFilesystemStore({ directory: path.join(directory, 'audio') }),
    speech: replacements.speech ?? createSpeech(config.speech, { clock }),
    cache: createCarCache({
      store: createCarStore({ directory: path.join(repositoryDir, 'cache') }),
      maxBytes: config.ipfs.cacheMaxBytes,
      now,
    }),
    chain: openChain(config, { providers, clock, scrub, redis }),
    work: createBackgroundWork({
      clock,
      onError: (error) => {
        if (!isServiceError(error)) log.error({ err: error }, 'Background work failed')
      },
    }),
    rateLimiter: createRateLimiter({ limit: config.access.rateLimitPerMinute, windowSeconds: 60, redis }),
    signInLimit: createSignInLimit({ redis }),
    requestHasher: createRequestHasher({
      file: path.join(directory, 'request-key'),
      secret: config.reuse.secret,
    }),
    reencoder: createReencoder({ clock, timeoutMs: REENCODING_MS }),
    notes: [...(config.speech.isFallback ? [LOCAL_VOICE_NOTE] : []), ...notes, ...sharingNotes(config)],
  }
}

/** The records, and around them who is told of each change: traces, the work queue, those who follow a clip. */
function openCatalog(
  config: Config,
  { clock, changes, tracing, workQueue }: Built<'clock' | 'changes' | 'tracing' | 'workQueue'>,
  onTime: (reading: TimeReading) => void,
): Catalog {
  const connector = config.databaseUrl
    ? postgresServer(config.databaseUrl, onTime)
    : sqliteFile(path.join(config.tempAudio.directory, 'catalog.sqlite'))
  const hasWebhook = config.webhook !== undefined
  const records = createCatalog(connector, { recordsWebhooks: hasWebhook })
  const traced = tracing ? traceClips(records, tracing, clock) : records
  const rings = { ringsForClips: config.redisUrl !== undefined, ringsForWebhooks: hasWebhook }
  return announceChanges(ringForWork(traced, { workQueue, clock, ...rings }), changes)
}

function createWorkQueue({ redis, clock, log }: Built<'redis' | 'clock' | 'log'>): WorkQueue {
  return createLanes((name) => {
    const local = createLocalQueue({ clock })
    return redis ? createBullQueue({ redis, name, local, clock, log }) : local
  })
}

/** With Redis, what a chain knows of its providers is known to all instances. */
function openChain(
  { ipfs }: Config,
  { providers, clock, scrub, redis }: Built<'providers' | 'clock' | 'scrub' | 'redis'>,
): Chain {
  const limit = ipfs.uploadsPerProvider
  return createChain({
    ...{ providers, clock, scrub },
    retryDelaysMs: ipfs.retryDelaysMs,
    attemptTimeoutMs: ipfs.attemptTimeoutMs,
    patienceMs: ipfs.uploadDeadlineMs,
    slots: redis ? createSharedSlots({ limit, redis }) : createLocalSlots({ limit }),
    ...(redis && { gossip: createBreakerGossip({ redis, now: () => clock.now() }) }),
  })
}

function openS3(
  config: Config,
  { clock, log, leaseOwner: owner }: Built<'clock' | 'log' | 'leaseOwner'>,
): Services['s3'] {
  if (!config.s3) return undefined
  const bucket = createBucket({ ...config.s3, clock })
  const store = createS3Store({
    ...{ bucket, owner, clock },
    directory: path.join(config.tempAudio.directory, 's3'),
    ...(config.isServerless && { copiesMaxBytes: SERVERLESS_COPIES_BYTES, isDiskLasting: false }),
    onProblem: (error) => log.error({ err: error }, 'Audio on its way to or from the bucket is in trouble'),
  })
  return { bucket, store }
}
