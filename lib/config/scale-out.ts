import { readPostgresSettings } from './postgres-url.ts'
import type { Reader } from './reader.ts'
import { readRedisAddress } from './redis-url.ts'
import { flag, postgresUrl, redisUrl, secretText, text, url } from './variables.ts'

/** What several machines share: all of it is optional, save on a platform where no disk lasts. */
export function readScaleOut(reader: Reader) {
  const { read, problems } = reader
  const databaseUrl = read('DATABASE_URL', postgresUrl)
  const redisAddress = read('REDIS_URL', redisUrl)
  const problemsIn = (name: string, value: string | undefined, readUrl: (url: string) => unknown) => {
    try {
      if (value) readUrl(value)
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`)
    }
  }
  problemsIn('DATABASE_URL', databaseUrl, readPostgresSettings)
  problemsIn('REDIS_URL', redisAddress, readRedisAddress)
  const s3 = readS3(reader)
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
    /** Carries background work and shares limits and breakers; without it each process is for itself. */
    redisUrl: redisAddress,
    /** The bucket of the temporary audio; without it the audio is in files. */
    s3,
    /** No disk lasts here and nothing runs between the requests. */
    isServerless,
  }
}

function readS3({ read, problems }: Reader) {
  const bucket = read('S3_BUCKET', text)
  const options = {
    /** That of AWS if `undefined`. */
    endpoint: read('S3_ENDPOINT', url),
    region: read('S3_REGION', text, 'us-east-1'),
    /** Without a key the SDK looks for one, such as that of the machine's role. */
    accessKeyId: read('S3_ACCESS_KEY_ID', text),
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
