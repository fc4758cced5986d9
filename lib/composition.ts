import path from 'node:path'
import { createCredentialSigner } from '#lib/audio/credentials/signer.ts'
import { createTranscoder } from '#lib/audio/opus/transcoder.ts'
import { createCatalogEvents } from '#lib/catalog/events.ts'
import { createLookout } from '#lib/catalog/lookout.ts'
import { createWorkHints } from '#lib/catalog/work-hints.ts'
import { recordSpeech } from '#lib/clips/record-speech.ts'
import { certificateWarnings } from '#lib/config/content-credentials.ts'
import type { Config } from '#lib/config/index.ts'
import { configWarnings } from '#lib/config/warnings.ts'
import { fetchContent } from '#lib/ipfs/blocks/fetch-content.ts'
import { createIpniPublisher } from '#lib/ipfs/ipni/publisher.ts'
import { createConnectionLimit } from '#lib/limits/connection-limit.ts'
import { createFixedWindow } from '#lib/limits/fixed-window.ts'
import { createRateLimiter } from '#lib/limits/rate-limit.ts'
import { createWrongKeyLimit } from '#lib/limits/wrong-key-limit.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { createDiskSpace } from '#lib/platform/disk-space.ts'
import { describeError } from '#lib/platform/errors.ts'
import { createFileHandles } from '#lib/platform/file-handles.ts'
import { createKeyedHash } from '#lib/platform/keyed-hash.ts'
import { newProcessName } from '#lib/platform/process-identity.ts'
import { createScrubber } from '#lib/platform/redact.ts'
import { createSkewCorrectedClock } from '#lib/platform/skew-corrected-clock.ts'
import { createTaskTracker } from '#lib/platform/task-tracker.ts'
import { createVerifiedFiles } from '#lib/platform/verified-files.ts'
import { createBullQueue } from '#lib/queue/bullmq.ts'
import { createLocalQueue } from '#lib/queue/local.ts'
import { createQueues, type WorkQueue } from '#lib/queue/queue.ts'
import { createBreakerSync } from '#lib/redis/breaker-sync.ts'
import { createRedis } from '#lib/redis/connections.ts'
import { withCachedAnswers } from '#lib/speech/cached-answers.ts'
import { createSpeech } from '#lib/speech/index.ts'
import { createLog } from '#lib/telemetry/log.ts'
import { createTracing } from '#lib/telemetry/tracing.ts'
import { createFilesystemStore } from '#lib/temp-audio/filesystem.ts'
import { createSmallAudio } from '#lib/temp-audio/small-audio.ts'
import { openChain, openProviders } from './composition/ipfs.ts'
import { openCatalog, openS3 } from './composition/stores.ts'
import type { Services } from './context.ts'

/** A clip that takes longer to re-encode is stored as it was spoken, for the caller waits. */
const TRANSCODING_TIMEOUT_MS = 60_000

type Built<Name extends keyof Services> = Pick<Services, Name>

/** What a test builds in place of what the configuration asks for. */
type Replacements = Partial<
  Built<'clock' | 'diskSpace' | 'log' | 'speech' | 'store' | 'providers' | 'fetchContent'>
>

/** Builds every adapter that `config` asks for. Nobody else does. */
export function createServices(config: Config, replacements: Replacements = {}): Services {
  const { directory } = config.tempAudio

  // platform, telemetry
  const scrub = createScrubber(config.secrets)
  const log = replacements.log ?? createLog({ level: config.logLevel, format: config.logFormat, scrub })
  const correctedClock = createSkewCorrectedClock(systemClock, (skewMs) =>
    log.warn({ skewMs }, 'The clock of this machine is not that of the database, which is used from now on'),
  )
  const clock = replacements.clock ?? correctedClock
  const tracing = createTracing(config.tracing)
  const tasks = createTaskTracker({
    clock,
    onError: (error) => {
      if (!ServiceError.isInstance(error)) log.error({ err: error }, 'Background work failed')
    },
  })
  const leaseOwner = newProcessName()

  // A file beside the catalog, not a row in it: whoever reads the catalog must not be able to test texts by their hashes.
  const keyedHash = createKeyedHash({
    file: path.join(directory, 'request-key'),
    secret: config.reuse.secret,
    derivation: { salt: 'voicepin', info: 'request hashes' },
  })

  // redis, queue
  const redis = config.redisUrl ? createRedis({ url: config.redisUrl, log, clock }) : undefined
  const workQueue = createWorkQueue({ redis, clock, log })

  // temp-audio
  const s3 = openS3(
    config,
    { clock, log, leaseOwner },
    {
      id: () => catalog.id(),
      countKnown: async (ids) => (await catalog.clips.localAmong(ids)).size,
    },
  )
  const store =
    replacements.store ?? s3?.store ?? createFilesystemStore({ directory: path.join(directory, 'audio') })

  // ipfs
  const verifiedFiles = createVerifiedFiles()
  const { blockStore, blockCache, ...built } = openProviders(config, { clock, log, verifiedFiles })
  const providers = replacements.providers ?? built.providers
  const chain = openChain(config, { providers, clock, scrub, redis })

  // catalog
  const events = createCatalogEvents({
    onError: (error) => log.error({ err: error }, 'A listener of the catalog failed'),
  })
  const catalog = openCatalog(config, { clock, events, tracing, workQueue }, correctedClock.align)

  const speech =
    replacements.speech ??
    createSpeech(config.speech, {
      clock,
      redis,
      onAttempt: (attempt) => recordSpeech({ catalog, log, scrub, tasks }, attempt),
      onNote: (vendor, note) => {
        if (note) log.error({ vendor }, `A speech vendor needs its operator: ${note}`)
        else log.info({ vendor }, 'A speech vendor is well again')
      },
      ...(redis && { breakerSync: createBreakerSync({ redis, kind: 'speech', now: () => clock.now() }) }),
    })

  return {
    config,
    warnings: [
      ...configWarnings(config),
      ...certificateWarnings(config.signing, clock.now()),
      ...built.warnings,
    ],
    clock,
    scrub,
    log,
    tracing,
    tasks,
    leaseOwner,
    keyedHash,
    redis,
    workQueue,
    rateLimiter: createRateLimiter({ limit: config.access.rateLimitPerMinute, windowSeconds: 60, redis }),
    readBackLimit: createFixedWindow({
      name: 'read-backs',
      limit: config.readBacksPerMinute,
      windowSeconds: 60,
      redis,
    }),
    wrongKeyLimit: createWrongKeyLimit({ redis }),
    connectionLimit: createConnectionLimit(),
    store,
    s3,
    diskSpace: replacements.diskSpace ?? createDiskSpace(directory),
    fileHandles: createFileHandles(),
    speech: withCachedAnswers(speech, { clock, log }),
    transcoder: createTranscoder({ clock, timeoutMs: TRANSCODING_TIMEOUT_MS }),
    credentialSigner: config.signing && createCredentialSigner(config.signing, { now: () => clock.now() }),
    providers,
    chain,
    blockStore,
    blockCache,
    verifiedFiles,
    ipni: config.ipni && createIpniPublisher(config.ipni, { keyedHash }),
    fetchContent: replacements.fetchContent ?? fetchContent,
    catalog,
    events,
    lookout: createLookout({
      changes: catalog.changes,
      clock,
      onError: (error) =>
        log.warn({ error: describeError(error) }, 'The catalog could not be looked at for changes'),
    }),
    workHints: createWorkHints(events, clock),
    inFlight: {
      heartbeat: { held: new Set(), stop: undefined },
      uploads: new Set(),
      speaking: new Set(),
      vocalizations: new Map(),
      scripts: new Map(),
      contentFetches: new Map(),
      rescues: new Map(),
      smallAudio: createSmallAudio(),
      storageProofs: new Map(),
      isDraining: false,
      isRecordingLater: false,
      hasBegunChain: false,
      eviction: undefined,
    },
    outage: { endedAt: undefined },
  }
}

function createWorkQueue({ redis, clock, log }: Built<'redis' | 'clock' | 'log'>): WorkQueue {
  return createQueues((name) => {
    const local = createLocalQueue({ clock })
    return redis ? createBullQueue({ redis, name, local, clock, log }) : local
  })
}
