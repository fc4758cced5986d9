import { DAY_MS } from '#lib/platform/units.ts'
import { passwordOf } from './postgres-url.ts'
import type { Reader } from './reader.ts'
import { flag, oneOf, secretText, whole } from './variables.ts'

/** Whether and for how long a clip answers the same request again, and the secret that requests are hashed with. */
export function readReuse({ read, problems }: Reader, { databaseUrl }: { databaseUrl: string | undefined }) {
  const ownSecret = read('REUSE_SECRET', secretText)
  const password = databaseUrl && passwordOf(databaseUrl)
  if (databaseUrl && !ownSecret && !password) {
    problems.push(
      'REUSE_SECRET: got nothing, takes a text that all instances share: DATABASE_URL has no password to use instead',
    )
  }
  return {
    isOn: read('REUSE', flag, true),
    /** Whether a caller also gets the clips of others, who learn by that what was spoken; else each key has its own. */
    isShared: read('REUSE_SCOPE', oneOf('key', 'all'), 'key') === 'all',
    /** The text of an older clip is spoken again. */
    ttlMs: read('REUSE_TTL_DAYS', whole(1), Number.POSITIVE_INFINITY) * DAY_MS,
    /** What the key of the request hashes is made from where several machines must have the same one. */
    secret: ownSecret ?? password,
  }
}
