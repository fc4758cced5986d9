import type { CredentialSigner } from '#lib/audio/credentials/signer.ts'
import type { Transcoder } from '#lib/audio/opus/transcoder.ts'
import type { Catalog } from '#lib/catalog/catalog.ts'
import type { CatalogEvents } from '#lib/catalog/events.ts'
import type { Lookout } from '#lib/catalog/lookout.ts'
import type { WorkHints } from '#lib/catalog/work-hints.ts'
import type { Config } from '#lib/config/index.ts'
import type { BlockCache } from '#lib/ipfs/blocks/block-cache.ts'
import type { BlockStore } from '#lib/ipfs/blocks/block-store.ts'
import type { FetchContent } from '#lib/ipfs/blocks/fetch-content.ts'
import type { Chain } from '#lib/ipfs/chain/chain.ts'
import type { IpniPublisher } from '#lib/ipfs/ipni/publisher.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import type { ConnectionLimit } from '#lib/limits/connection-limit.ts'
import type { FixedWindow } from '#lib/limits/fixed-window.ts'
import type { RateLimiter } from '#lib/limits/rate-limit.ts'
import type { WrongKeyLimit } from '#lib/limits/wrong-key-limit.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import type { ServiceError } from '#lib/model/errors.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { DiskSpace } from '#lib/platform/disk-space.ts'
import type { FileHandles } from '#lib/platform/file-handles.ts'
import type { KeyedHash } from '#lib/platform/keyed-hash.ts'
import type { Scrub } from '#lib/platform/redact.ts'
import type { TaskTracker } from '#lib/platform/task-tracker.ts'
import type { VerifiedFiles } from '#lib/platform/verified-files.ts'
import type { WorkQueue } from '#lib/queue/queue.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import type { SpeechChain } from '#lib/speech/speech.ts'
import type { Log } from '#lib/telemetry/log.ts'
import type { Tracing } from '#lib/telemetry/tracing.ts'
import type { Bucket } from '#lib/temp-audio/bucket.ts'
import type { S3Store } from '#lib/temp-audio/s3.ts'
import type { SmallAudio } from '#lib/temp-audio/small-audio.ts'
import type { TempAudioStore } from '#lib/temp-audio/store.ts'

/**
 * Everything that the verbs work with: one object a process, built by `lib/composition.ts` and given to each verb as its
 * first argument. Types only.
 */
export interface Services {
  config: Config
  /** Warnings about the configuration, one line each, which the log gets at the start. */
  warnings: string[]

  clock: Clock
  /** Removes every secret of `config` from a text. */
  scrub: Scrub
  log: Log
  /** Spans of clips; only where a collector is configured. */
  tracing: Tracing | undefined
  /** Work that goes on after an answer, which a shutdown waits for. */
  tasks: TaskTracker
  /** The name of this process in leases. */
  leaseOwner: string
  /** Hashes requests and idempotency keys. */
  keyedHash: KeyedHash

  /** Connections to what instances share beyond the catalog; only where there is a `REDIS_URL`. */
  redis: RedisConnections | undefined
  /** Has due work done: by this process, or by one of those that share a Redis. */
  workQueue: WorkQueue
  /** How often one caller may have something spoken. */
  rateLimiter: RateLimiter
  /** How many clips may be read back because they were stored. */
  readBackLimit: FixedWindow
  /** How many wrong keys of operators one address may send. */
  wrongKeyLimit: WrongKeyLimit
  /** How many event streams one caller, and all together, may have open at this process. */
  connectionLimit: ConnectionLimit

  /** The audio of the clips, by clip id. */
  store: TempAudioStore
  /** Only where the audio is in a bucket: `store` once more with what only it has, and the bucket itself. */
  s3: { store: S3Store; bucket: Bucket } | undefined
  /** The disk that holds the temporary store and the catalog. */
  diskSpace: DiskSpace
  /** The files and connections that this process may have open. */
  fileHandles: FileHandles

  /** The vendors that speak; callers want the first of them. */
  speech: SpeechChain
  transcoder: Transcoder
  /** Signs MP3 and WAV by C2PA; only with `CONTENT_CREDENTIALS`. */
  credentialSigner: CredentialSigner | undefined

  /** The IPFS providers that can be used, in their order. */
  providers: readonly IpfsProvider[]
  /** Uploads a clip to the first of `providers` that takes it. */
  chain: Chain
  /** The clips of the provider `embedded`. */
  blockStore: BlockStore
  /** Clips that our gateway has fetched from others. */
  blockCache: BlockCache
  /** Which files of clips were found to have the right bytes. */
  verifiedFiles: VerifiedFiles
  /** Publishes what our gateway serves; only with `IPNI_ANNOUNCE`. */
  ipni: IpniPublisher | undefined
  /** Reads content from a gateway. */
  fetchContent: FetchContent

  /** The records. */
  catalog: Catalog
  /** Emits each change that this process has committed to the catalog. */
  events: CatalogEvents
  /** Tells of changes in the catalog, those of other processes too. */
  lookout: Lookout
  /** What this process knows of work that waits. */
  workHints: WorkHints

  inFlight: InFlight
  outage: Outage
}

/** What this process is doing now, so that it does nothing twice at the same time. */
export interface InFlight {
  /** What this process holds under leases that it renews; `stop` ends that, and is there as long as it goes on. */
  heartbeat: { held: Set<Held>; stop: AbortController | undefined }
  /** The ids of the clips that are being uploaded. A lease tells processes apart, but not two workers of one process. */
  uploads: Set<string>
  /** The ids of the clips that are being spoken. */
  speaking: Set<string>
  /** The texts that are being spoken, by the hash of their request. */
  vocalizations: Map<string, Promise<VocalizedClip>>
  /** The scripts that are worked on, by their id. */
  scripts: Map<string, Promise<void>>
  /** The clips that are being fetched from gateways, by their CID. */
  contentFetches: Map<string, Promise<Pick<BlockStore, 'open'>>>
  /** The clips that could be kept nowhere at first and are being saved, by their id, and by the hash of their request. */
  rescues: Map<string, RunningRescue>
  /** Small clips in memory, whose first upload is not over. */
  smallAudio: SmallAudio
  /** The last proofs that audio and its record can be kept, and when they began, in milliseconds since the epoch. */
  storageProofs: Map<'here' | 'for all', { beganAt: number; proven: Promise<void> }>
  /** Whether clips that are stored and were not recorded are being recorded. */
  isRecordingLater: boolean
  /** Whether all pending clips are being uploaded, one batch after the other. */
  isDraining: boolean
  /** The search for bytes that can go although they were not read back: how many went. */
  eviction: Promise<number> | undefined
  /** Whether this process has looked for content that was never advertised. */
  hasBegunChain: boolean
}

/** A clip that is being spoken, a script that is worked on, or the hash of an idempotency key whose request is carried out. */
export type Held = { clipId: string } | { scriptId: string } | { key: string }

export interface RunningRescue {
  /** How much of it is in memory. */
  sizeBytes: number
  /** What callers who ask for it meanwhile are answered. */
  error: ServiceError
  /** Resolves when the clip is safe, or the process stops. */
  ended: Promise<void>
}

/**
 * What this process has seen of the last outage of its providers. A clip that fails after its end, while others succeed,
 * is itself at fault, and waits for its own date.
 */
export interface Outage {
  /** Since when uploads succeed, in milliseconds since the epoch; `undefined` where one has failed since. */
  endedAt: number | undefined
}
