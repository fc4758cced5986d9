import { tmpdir } from 'node:os'
import path from 'node:path'
import { readScaleOut } from './scale-out.ts'
import {
  ConfigError,
  chance,
  createReader,
  distinct,
  durationMs,
  type Environment,
  flag,
  gateway,
  hasReadableUser,
  headerList,
  list,
  MAX_TIMER_MS,
  MAX_TTL_SECONDS,
  oneOf,
  secretText,
  text,
  trustedProxies,
  url,
  waitMs,
  webhookSecretText,
  whole,
} from './variables.ts'
import { readVendors, VENDOR_VARIABLE } from './vendors.ts'

const vendorNames = ['pinata', 'web3storage', 'infura', 'filebase', 'lighthouse', 'kubo'] as const
/** The IPFS providers that can stand in `IPFS_PROVIDERS`. */
const providerNames = [...vendorNames, 'pinning', 'embedded'] as const
export type ProviderName = (typeof providerNames)[number]

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const GIBIBYTE = 1024 ** 3
/**
 * Reads the whole configuration from `environment`. The only place that knows the variables' names.
 *
 * An empty variable counts as not set.
 *
 * @throws ConfigError naming each malformed variable, what it got and what it takes. Secrets are not repeated.
 */
export function readConfig(environment: Environment) {
  const { read, problems, present } = createReader(environment)
  const elevenLabsApiKey = read('ELEVENLABS_API_KEY', secretText)
  const speechProvider = read('SPEECH_PROVIDER', oneOf('auto', 'elevenlabs', 'local'), 'auto')
  if (speechProvider === 'elevenlabs' && !elevenLabsApiKey) {
    problems.push('ELEVENLABS_API_KEY: got nothing, takes the key that SPEECH_PROVIDER=elevenlabs needs')
  }
  const webhookUrl = read('WEBHOOK_URL', url)
  const webhookSecret = read('WEBHOOK_SECRET', webhookSecretText)
  if (webhookUrl && !environment.WEBHOOK_SECRET?.trim()) {
    problems.push('WEBHOOK_SECRET: got nothing, takes the secret that WEBHOOK_URL needs')
  }
  const otlpEndpoint = read('OTEL_EXPORTER_OTLP_ENDPOINT', url)
  const otlpHeaders = read('OTEL_EXPORTER_OTLP_HEADERS', headerList, {})
  const { reuseSecret, isServerless, ...shared } = readScaleOut(read, problems)
  const hasFollowUps = read('BACKGROUND', flag, true)
  const ownPlace = isServerless ? path.join(tmpdir(), 'voicepin') : ''
  const vendors = readVendors(read)
  // Somebody who has named one of them, if only to empty it, has decided about it.
  const isUndecided = !present.some((name) => VENDOR_VARIABLE.test(name))
  const gatewayUrl = read('IPFS_GATEWAY_URL', gateway)

  const config = {
    port: read('PORT', whole(0, 65535), 3000),
    /** Where a worker says how it is; nowhere if `undefined`. */
    workerPort: read('WORKER_PORT', whole(0, 65535)),
    logLevel: read('LOG_LEVEL', oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), 'info'),
    publicBaseUrl: read('PUBLIC_BASE_URL', url),
    /** How long running work may take to finish when the process is asked to stop. */
    shutdownGraceMs: read('SHUTDOWN_GRACE_MS', whole(0, HOUR_MS), 20_000),
    speech: {
      provider:
        speechProvider === 'auto'
          ? elevenLabsApiKey
            ? ('elevenlabs' as const)
            : ('local' as const)
          : speechProvider,
      isFallback: speechProvider === 'auto' && !elevenLabsApiKey,
      timeoutMs: read('SPEECH_TIMEOUT_MS', durationMs(), 60_000),
      /** What clips are re-encoded to before they are stored. */
      optimize: read('AUDIO_OPTIMIZE', oneOf('off', 'opus'), 'off'),
      concurrency: read('SPEECH_CONCURRENCY', whole(1), 5),
      elevenLabs: {
        apiKey: elevenLabsApiKey,
        baseUrl: read('ELEVENLABS_BASE_URL', url),
        modelId: read('ELEVENLABS_MODEL_ID', text, 'eleven_multilingual_v2'),
        outputFormat: read('ELEVENLABS_OUTPUT_FORMAT', text, 'mp3_44100_128'),
      },
    },
    ipfs: {
      providers: read(
        'IPFS_PROVIDERS',
        distinct(
          list(oneOf(...providerNames), `a comma-separated list of ${providerNames.join(', ')}, each once`),
        ),
        isUndecided && !shared.databaseUrl
          ? [...providerNames]
          : providerNames.filter((name) => name !== 'embedded'),
      ),
      gatewayUrl: gatewayUrl === 'self' ? undefined : gatewayUrl,
      /** Every permanent URL is to use our own gateway. */
      usesOwnGateway: gatewayUrl === 'self',
      /** How many providers are to hold each clip. */
      replicas: read('IPFS_REPLICAS', whole(1, providerNames.length), 1),
      cdnBaseUrl: read('CDN_BASE_URL', url),
      repositoryDir: read(
        'IPFS_REPOSITORY_DIR',
        text,
        path.join(/* turbopackIgnore: true */ ownPlace, '.ipfs'),
      ),
      cacheMaxBytes: read('IPFS_CACHE_MAX_BYTES', whole(1), GIBIBYTE),
      /** Where clips are looked for besides their provider's gateway. */
      gateways: read(
        'IPFS_GATEWAYS',
        distinct(list(url, 'a comma-separated list of http or https URLs, each once')),
        ['https://trustless-gateway.link', 'https://ipfs.io'],
      ),
      retryDelaysMs: read(
        'IPFS_RETRY_DELAYS_MS',
        list(waitMs, 'a comma-separated list of milliseconds, such as 1000,2000,4000'),
        [1000, 2000, 4000],
      ),
      /** How many background uploads go to one provider at once. */
      uploadsPerProvider: read('IPFS_UPLOADS_PER_PROVIDER', whole(1, 1000), 5),
      attemptTimeoutMs: read('IPFS_ATTEMPT_TIMEOUT_MS', durationMs(), 30_000),
      uploadDeadlineMs: read('UPLOAD_DEADLINE_MS', durationMs(), 10_000),
      ...vendors,
    },
    audit: {
      intervalMs: read('AUDIT_INTERVAL_HOURS', whole(0, 24 * 365), 24) * HOUR_MS,
      requestsPerMinute: read('AUDIT_REQUESTS_PER_MINUTE', whole(0), 10),
    },
    tempAudio: {
      directory: read('TEMP_AUDIO_DIR', text, path.join(/* turbopackIgnore: true */ ownPlace, '.temp-audio')),
      ttlMs: read('TEMP_AUDIO_TTL_SECONDS', whole(1, MAX_TTL_SECONDS), 3600) * 1000,
      maxBytes: read('TEMP_AUDIO_MAX_BYTES', whole(1), 5 * GIBIBYTE),
      cleanupIntervalMs:
        read('CLEANUP_INTERVAL_SECONDS', whole(1, Math.floor(MAX_TIMER_MS / 1000)), 300) * 1000,
      keepPending: read('KEEP_PENDING_AUDIO', flag, false),
    },
    reuse: {
      isOn: read('REUSE', flag, true),
      /** What the key of the request hashes is made from where several machines must have the same one. */
      secret: reuseSecret,
      ttlMs: read('REUSE_TTL_DAYS', whole(1), Number.POSITIVE_INFINITY) * DAY_MS,
    },
    ...shared,
    /** No disk lasts here and nothing runs between the requests. */
    isServerless,
    /** Whether this process works off what is due by itself, besides answering requests. */
    hasBackground: hasFollowUps && !isServerless,
    /** Whether its answers are followed by work on what others have left. */
    hasFollowUps,
    retry: {
      opportunisticChance: read('OPPORTUNISTIC_RETRY_CHANCE', chance, 0.1),
      batchSize: read('RETRY_BATCH_SIZE', whole(1), 3),
    },
    tracing: otlpEndpoint ? { endpoint: otlpEndpoint, headers: otlpHeaders } : undefined,
    webhook: webhookUrl && webhookSecret ? { url: webhookUrl, secret: webhookSecret } : undefined,
    access: {
      adminApiKey: read('ADMIN_API_KEY', secretText),
      cronSecret: read('CRON_SECRET', secretText),
      metricsToken: read('METRICS_TOKEN', secretText),
      vocalizeApiKeys: read('VOCALIZE_API_KEYS', list(secretText, 'a comma-separated list of keys'), []),
      corsAllowedOrigins: read(
        'CORS_ALLOWED_ORIGINS',
        list(text, 'a comma-separated list of origins, or *'),
        ['*'],
      ),
      rateLimitPerMinute: read('RATE_LIMIT_PER_MINUTE', whole(1), 60),
      charactersPerDay: read('CHARACTERS_PER_DAY', whole(1)),
      trustedProxies: read('TRUSTED_PROXIES', trustedProxies, 0),
      maxTextLength: read('MAX_TEXT_LENGTH', whole(1), 5000),
      maxBodyBytes: read('MAX_BODY_BYTES', whole(1), 65_536),
    },
  }
  if (problems.length > 0) throw new ConfigError(problems.join('; '))
  return deepFreeze(config)
}

export type Config = ReturnType<typeof readConfig>

/** Every secret value in `config`, for the scrubber that keeps them out of logs and answers. */
export function secretsOf(config: Config): string[] {
  const { pinata, web3storage, infura, filebase, lighthouse, kubo, pinning } = config.ipfs
  const { adminApiKey, cronSecret, metricsToken, vocalizeApiKeys } = config.access
  const values = [
    config.speech.elevenLabs.apiKey,
    pinata.jwt,
    pinata.apiKey,
    pinata.apiSecret,
    web3storage.token,
    infura.projectId,
    infura.projectSecret,
    filebase.token,
    lighthouse.apiKey,
    kubo.authorization,
    pinning.token,
    config.webhook?.secret,
    config.reuse.secret,
    config.s3?.accessKeyId,
    config.s3?.secretAccessKey,
    ...Object.values(config.tracing?.headers ?? {}),
    adminApiKey,
    cronSecret,
    metricsToken,
    ...vocalizeApiKeys,
    ...passwordsIn(config),
  ]
  return values.filter((value) => value !== undefined)
}

/** The passwords of all URLs, as they stand there and as they are meant. */
function passwordsIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(passwordsIn)
  if (typeof value !== 'string' || !hasReadableUser(value)) return []
  const { password } = new URL(value)
  return password ? [password, decodeURIComponent(password)] : []
}

function deepFreeze<T>(value: T): Readonly<T> {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}
