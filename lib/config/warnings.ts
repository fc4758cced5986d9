import type { Config } from './index.ts'
import { vendorWarnings } from './vendor-warnings.ts'

type Relevant = Pick<
  Config,
  | 'databaseUrl'
  | 's3'
  | 'ipfs'
  | 'speech'
  | 'webhook'
  | 'publicBaseUrl'
  | 'access'
  | 'ipni'
  | 'isSpendingOpen'
  | 'commonSecrets'
  | 'misspelt'
  | 'signing'
>

/** Settings that are valid, but may not do what the operator meant: one line each, for the log at the start. */
export function configWarnings(config: Relevant): string[] {
  const { databaseUrl, s3, ipfs, speech, isSpendingOpen, commonSecrets, misspelt } = config
  const warnings = misspelt.map(
    ({ name, meant }) => `${name} is set, and nothing reads it: perhaps ${meant} is meant.`,
  )
  if (speech.isOpenAiIdle) {
    warnings.push(
      'OPENAI_SPEECH_BASE_URL or OPENAI_SPEECH_API_KEY is set, and nothing says that it speaks: set SPEECH_PROVIDERS=openai, or an order such as openai,local.',
    )
  } else if (speech.isFallback) {
    warnings.push(
      'No ELEVENLABS_API_KEY is set, so the built-in English voice speaks. Set it, or SPEECH_PROVIDER=local to say that this is meant.',
    )
  }
  for (const { name, needs } of speech.leftOut) {
    warnings.push(`SPEECH_PROVIDERS names "${name}", which is left out: it needs ${needs}.`)
  }
  if (isSpendingOpen) {
    warnings.push(
      'The speech vendor is paid for and VOCALIZE_API_KEYS is not set: anyone who reaches this port spends your credit. Set it, or bound by CHARACTERS_PER_DAY what one address may cost you a day.',
    )
  }
  if (commonSecrets.length > 0) {
    warnings.push(
      `Too short, or too much like a word, to be kept out of logs and answers: the secret in ${commonSecrets.join(', ')}. Take at least 8 characters, not all of them letters.`,
    )
  }
  for (const name of ipfs.providers) {
    const warning = vendorWarnings[name]?.(ipfs.vendors)
    if (warning) warnings.push(warning)
  }
  if (databaseUrl && !s3) {
    warnings.push(
      'DATABASE_URL is set without S3_BUCKET: the audio stays in TEMP_AUDIO_DIR, which all instances must share.',
    )
  }
  if (s3 && !databaseUrl) {
    warnings.push(
      'S3_BUCKET is set without DATABASE_URL: the catalog is a file of this machine, so no other machine may use this bucket.',
    )
  }
  if (databaseUrl && ipfs.providers.includes('embedded')) {
    warnings.push(
      'IPFS_PROVIDERS names "embedded": the clips it keeps are in IPFS_REPOSITORY_DIR, which all instances must share.',
    )
  }
  if (config.ipni && !ipfs.providers.includes('embedded')) {
    warnings.push(
      'IPNI_ANNOUNCE is on, and there is nothing to publish: IPFS_PROVIDERS does not name "embedded", whose clips it is for.',
    )
  }
  if (config.signing && speech.optimize === 'opus') {
    warnings.push(
      'CONTENT_CREDENTIALS and AUDIO_OPTIMIZE=opus are both on: a clip that becomes Opus carries no content credentials. Set AUDIO_OPTIMIZE=off to have all MP3 and WAV signed.',
    )
  }
  if (config.publicBaseUrl?.startsWith('https:') && config.access.trustedProxies === 0) {
    warnings.push(
      'PUBLIC_BASE_URL begins with https, so that a proxy must stand in front, and TRUSTED_PROXIES is not set: all callers have its address and share one limit. Set TRUSTED_PROXIES=1, or the addresses of the proxies.',
    )
  }
  if (hasUnknownAddress(config)) {
    warnings.push(
      'WEBHOOK_URL is set without PUBLIC_BASE_URL: webhooks cannot name the address of this service, and those of clips that only it holds carry none. Set it to where the service is reached, such as https://voice.example.',
    )
  }
  return warnings
}

/** Whether webhooks would have to name an address of our own, which nothing says. */
function hasUnknownAddress({ webhook, publicBaseUrl, ipfs }: Relevant): boolean {
  if (!webhook || publicBaseUrl || ipfs.cdnBaseUrl) return false
  return ipfs.usesOwnGateway || (!ipfs.gatewayUrl && ipfs.providers.includes('embedded'))
}
