import type { Reader } from './reader.ts'
import { headerSecret, list, text, trustedProxies, whole } from './variables.ts'

/** These can be guessed without a limit that counts over all addresses, so they must be long. */
const operatorKey = headerSecret(16)
const callerKeys = list(headerSecret(), 'a comma-separated list of keys of printable ASCII characters')

/** Who may do what, and how much of it. */
export function readAccess({ read, isSet, problems }: Reader) {
  const vocalizeApiKeys = read('VOCALIZE_API_KEYS', callerKeys)
  if (isSet('VOCALIZE_API_KEYS') && vocalizeApiKeys?.length === 0) {
    // Whoever has set it meant to close the door.
    problems.push(`VOCALIZE_API_KEYS: got no key, takes ${callerKeys.takes}`)
  }
  return {
    /** Opens what is under `/api/admin`, and the metrics; without it nobody is let in. */
    adminApiKey: read('ADMIN_API_KEY', operatorKey),
    /** Opens the retry by `GET`. */
    cronSecret: read('CRON_SECRET', operatorKey),
    /** Opens the metrics, and only them. */
    metricsToken: read('METRICS_TOKEN', operatorKey),
    /** Only callers with one of these may have something spoken; everybody may where there is none. */
    vocalizeApiKeys: vocalizeApiKeys ?? [],
    corsAllowedOrigins: read('CORS_ALLOWED_ORIGINS', list(text, 'a comma-separated list of origins, or *'), [
      '*',
    ]),
    /** For each key, or for each address where there are no keys; so is the next. */
    rateLimitPerMinute: read('RATE_LIMIT_PER_MINUTE', whole(1), 60),
    /** From midnight to midnight UTC; without a limit if `undefined`. */
    charactersPerDay: read('CHARACTERS_PER_DAY', whole(1)),
    /** Whose `X-Forwarded-For` is believed: how many proxies stand in front, or their addresses. */
    trustedProxies: read('TRUSTED_PROXIES', trustedProxies, 0),
    /** In characters. */
    maxTextLength: read('MAX_TEXT_LENGTH', whole(1), 5000),
    /** Of a script, in characters. */
    maxScriptLength: read('MAX_SCRIPT_LENGTH', whole(1), 200_000),
    maxBodyBytes: read('MAX_BODY_BYTES', whole(1), 65_536),
  }
}
