import type { Transcoder } from '#lib/audio/opus/transcoder.ts'
import type { Catalog } from '#lib/catalog/catalog.ts'
import type { CatalogEvents } from '#lib/catalog/events.ts'
import type { Config } from '#lib/config/index.ts'
import type { BlockCache } from '#lib/ipfs/blocks/block-cache.ts'
import type { BlockStore } from '#lib/ipfs/blocks/block-store.ts'
import type { Chain } from '#lib/ipfs/chain/chain.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import type { ConnectionLimit } from '#lib/limits/connection-limit.ts'
import type { RateLimiter } from '#lib/limits/rate-limit.ts'
import type { SignInLimit } from '#lib/limits/sign-in-limit.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { DiskSpace } from '#lib/platform/disk-space.ts'
import type { KeyedHash } from '#lib/platform/keyed-hash.ts'
import type { Scrub } from '#lib/platform/redact.ts'
import type { TaskTracker } from '#lib/platform/task-tracker.ts'
import type { WorkQueue } from '#lib/queue/queue.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import type { Speech } from '#lib/speech/speech.ts'
import type { Log } from '#lib/telemetry/log.ts'
import type { Tracing } from '#lib/telemetry/tracing.ts'
import type { Bucket } from '#lib/temp-audio/bucket.ts'
import type { S3Store } from '#lib/temp-audio/s3.ts'
import type { TempAudioStore } from '#lib/temp-audio/store.ts'

/** Everything that the verbs work with. */
export interface Services {
  config: Config
  clock: Clock
  scrub: Scrub
  log: Log
  catalog: Catalog
  /** Told of each change that this process makes in the catalog. */
  events: CatalogEvents
  /** Only where a collector is configured. */
  tracing: Tracing | undefined
  store: TempAudioStore
  /** Only where the audio is in a bucket: `store` once more, and its bucket. */
  s3: { store: S3Store; bucket: Bucket } | undefined
  /** Where the temporary store and the catalog are. */
  diskSpace: DiskSpace
  speech: Speech
  chain: Chain
  /** The clips of the provider `embedded`. */
  blockStore: BlockStore
  /** Clips that our gateway has fetched from others. */
  blockCache: BlockCache
  providers: readonly IpfsProvider[]
  tasks: TaskTracker
  inFlight: InFlight
  outage: Outage
  /** Rings for what is due, here or in all processes that share a Redis. */
  workQueue: WorkQueue
  /** How often one caller may have something spoken. */
  rateLimiter: RateLimiter
  signInLimit: SignInLimit
  /** How many event streams one caller, and all together, may have open at this process. */
  connectionLimit: ConnectionLimit
  /** What instances share beyond the catalog; only where there is a `REDIS_URL`. */
  redis: RedisConnections | undefined
  /** Hashes requests and idempotency keys. */
  keyedHash: KeyedHash
  transcoder: Transcoder
  /** Who this process is in a lease. */
  leaseOwner: string
  /** One-line warnings about the configuration, for the start. */
  warnings: string[]
}

/** What this process is at, so that it does nothing twice at once. */
export interface InFlight {
  /** The clips that are being uploaded. A lease tells processes apart, but not the workers of one of them. */
  uploads: Set<string>
  /** The texts that are being spoken, by the hash of their request. */
  vocalizations: Map<string, Promise<VocalizedClip>>
  /** The clips that are being fetched from gateways, by their CID. */
  contentFetches: Map<string, Promise<void>>
  /** Whether the backlog is being uploaded as a whole. */
  isDraining: boolean
}

/**
 * What this process has seen of its providers' last outage. Clips that fail after its end, while others succeed, are
 * themselves at fault: they wait for their own date.
 */
export interface Outage {
  /** Since when uploads succeed, in milliseconds since the epoch; `undefined` where one has failed since. */
  endedAt: number | undefined
}
