import type { Reader } from './reader.ts'
import { list, secretText, text, trustedProxies, whole } from './variables.ts'

/** Who may do what, and how much of it. */
export function readAccess({ read }: Reader) {
  return {
    /** Opens what is under `/api/admin`, and the metrics; without it nobody is let in. */
    adminApiKey: read('ADMIN_API_KEY', secretText),
    /** Opens the retry by `GET`. */
    cronSecret: read('CRON_SECRET', secretText),
    /** Opens the metrics, and only them. */
    metricsToken: read('METRICS_TOKEN', secretText),
    /** Only callers with one of these may have something spoken; everybody may where there is none. */
    vocalizeApiKeys: read('VOCALIZE_API_KEYS', list(secretText, 'a comma-separated list of keys'), []),
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
    maxBodyBytes: read('MAX_BODY_BYTES', whole(1), 65_536),
  }
}
