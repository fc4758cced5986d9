import { readPostgresSettings } from './postgres-url.ts'
import { flag, postgresUrl, type Read, redisUrl, secretText, text, url } from './variables.ts'

/**
 * What several machines share: all of it is optional, save on a platform where no disk lasts. `problems` is told what is
 * missing or does not fit.
 */
export function readScaleOut(read: Read, problems: string[]) {
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
  return {
    /** The Postgres database of the catalog; without it a SQLite file is. */
    databaseUrl,
    redisUrl: read('REDIS_URL', redisUrl),
    s3,
    isServerless,
    reuseSecret: reuseSecret ?? (databaseUrl && decodeURIComponent(new URL(databaseUrl).password)),
  }
}

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
