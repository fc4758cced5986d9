import { tmpdir } from 'node:os'
import path from 'node:path'
import { readPostgresSettings } from './catalog/postgres-url.ts'
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
  postgresUrl,
  type Read,
  redisUrl,
  secretText,
  text,
  trustedProxies,
  url,
  waitMs,
  webhookSecretText,
  whole,
} from './variables.ts'

const vendorNames = ['pinata', 'web3storage', 'infura', 'filebase', 'lighthouse', 'kubo'] as const
/** The IPFS providers that can stand in `IPFS_PROVIDERS`. */
const providerNames = [...vendorNames, 'pinning', 'embedded'] as const
export type ProviderName = (typeof providerNames)[number]
/** The variables by which providers are configured. */
const VENDOR_VARIABLE = /^(PINATA|WEB3_STORAGE|INFURA|FILEBASE|LIGHTHOUSE|KUBO|PINNING_SERVICE)_/

const DAY_MS = 24 * 3_600_000
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
  const databaseUrl = read('DATABASE_URL', postgresUrl)
  const badParameter = databaseUrl && badPostgresParameter(databaseUrl)
  if (badParameter) problems.push(`DATABASE_URL: ${badParameter}`)
  const reuseSecret = read('REUSE_SECRET', secretText)
  if (databaseUrl && !reuseSecret && !new URL(databaseUrl).password) {
    problems.push(
      'REUSE_SECRET: got nothing, takes a text that all instances share: DATABASE_URL has no password to use instead',
    )
  }
  const s3 = readS3(read, problems)
  const isServerless = read('VERCEL', flag, false)
  if (isServerless && !(databaseUrl && s3)) {
    const missing = [
      ...(databaseUrl ? [] : ['DATABASE_URL: got nothing, takes a Postgres database']),
      ...(s3 ? [] : ['S3_BUCKET: got nothing, takes an S3-compatible store']),
    ]
    problems.push(`${missing.join('; ')}: on Vercel no disk lasts, so clips would be lost`)
  }
  const hasFollowUps = read('BACKGROUND', flag, true)
  const ownPlace = isServerless ? path.join(tmpdir(), 'voicepin') : ''

  const vendors = {
    pinata: {
      jwt: read('PINATA_JWT', secretText),
      apiKey: read('PINATA_API_KEY', secretText),
      apiSecret: read('PINATA_API_SECRET', secretText),
      uploadUrl: read('PINATA_UPLOAD_URL', url, 'https://uploads.pinata.cloud/v3'),
      apiUrl: read('PINATA_API_URL', url, 'https://api.pinata.cloud'),
      gatewayUrl: read('PINATA_GATEWAY_URL', url, 'https://gateway.pinata.cloud'),
    },
    web3storage: {
      token: read('WEB3_STORAGE_TOKEN', secretText),
      url: read('WEB3_STORAGE_URL', url),
      gatewayUrl: read('WEB3_STORAGE_GATEWAY_URL', url),
    },
    infura: {
      projectId: read('INFURA_PROJECT_ID', secretText),
      projectSecret: read('INFURA_PROJECT_SECRET', secretText),
      url: read('INFURA_IPFS_URL', url),
      gatewayUrl: read('INFURA_GATEWAY_URL', url),
    },
    filebase: {
      token: read('FILEBASE_TOKEN', secretText),
      url: read('FILEBASE_RPC_URL', url, 'https://rpc.filebase.io'),
      gatewayUrl: read('FILEBASE_GATEWAY_URL', url, 'https://ipfs.filebase.io'),
    },
    lighthouse: {
      apiKey: read('LIGHTHOUSE_API_KEY', secretText),
      url: read('LIGHTHOUSE_UPLOAD_URL', url, 'https://upload.lighthouse.storage'),
      gatewayUrl: read('LIGHTHOUSE_GATEWAY_URL', url, 'https://gateway.lighthouse.storage'),
    },
    pinning: {
      url: read('PINNING_SERVICE_URL', url),
      token: read('PINNING_SERVICE_TOKEN', secretText),
      gatewayUrl: read('PINNING_SERVICE_GATEWAY_URL', url),
    },
    kubo: {
      url: read('KUBO_RPC_URL', url),
      authorization: read('KUBO_RPC_AUTHORIZATION', secretText),
      gatewayUrl: read('KUBO_GATEWAY_URL', url),
    },
  }
  // Somebody who has named one of them, if only to empty it, has decided about it.
  const isUndecided = !present.some((name) => VENDOR_VARIABLE.test(name))
  const gatewayUrl = read('IPFS_GATEWAY_URL', gateway)

  const config = {
    port: read('PORT', whole(0, 65535), 3000),
    /** Where a worker says how it is; nowhere if `undefined`. */
    workerPort: read('WORKER_PORT', whole(0, 65535)),
    logLevel: read('LOG_LEVEL', oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), 'info'),
    publicBaseUrl: read('PUBLIC_BASE_URL', url),
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
        isUndecided && !databaseUrl
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
      intervalMs: read('AUDIT_INTERVAL_HOURS', whole(0, 24 * 365), 24) * 3_600_000,
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
      secret: reuseSecret ?? (databaseUrl && decodeURIComponent(new URL(databaseUrl).password)),
      ttlMs: read('REUSE_TTL_DAYS', whole(1), Number.POSITIVE_INFINITY) * DAY_MS,
    },
    /** The Postgres database of the catalog; without it a SQLite file is. */
    databaseUrl,
    redisUrl: read('REDIS_URL', redisUrl),
    s3,
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

function readS3(read: Read, problems: string[]) {
  const bucket = read('S3_BUCKET', text)
  const options = {
    endpoint: read('S3_ENDPOINT', url),
    region: read('S3_REGION', text, 'us-east-1'),
    accessKeyId: read('S3_ACCESS_KEY_ID', secretText),
    secretAccessKey: read('S3_SECRET_ACCESS_KEY', secretText),
    /** Listeners are sent to the store instead of getting the bytes from us. */
    redirects: read('S3_REDIRECT', flag, false),
  }
  const { accessKeyId, secretAccessKey } = options
  if (accessKeyId && !secretAccessKey) {
    problems.push('S3_SECRET_ACCESS_KEY: got nothing, takes the secret of S3_ACCESS_KEY_ID')
  }
  if (secretAccessKey && !accessKeyId) {
    problems.push(
      'S3_ACCESS_KEY_ID: got nothing, takes the id of the key whose secret is S3_SECRET_ACCESS_KEY',
    )
  }
  return bucket ? { bucket, ...options } : undefined
}

/** What is wrong with a parameter of a Postgres URL, if anything is. */
function badPostgresParameter(databaseUrl: string): string | undefined {
  try {
    readPostgresSettings(databaseUrl)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

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
