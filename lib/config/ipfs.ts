import path from 'node:path'
import { GIBIBYTE } from '#lib/platform/units.ts'
import type { Reader } from './reader.ts'
import { distinct, durationMs, gateway, list, oneOf, plainUrl, text, waitMs, whole } from './variables.ts'
import { readVendors, type Vendors } from './vendors.ts'

/** What can stand in `IPFS_PROVIDERS`. */
export type ProviderName = keyof Vendors | 'embedded'

const gatewayList = distinct(
  list(plainUrl, 'a comma-separated list of http or https URLs without user names and passwords, each once'),
)

const waitList = list(waitMs, 'a comma-separated list of milliseconds, such as 1000,2000,4000')

/** The IPFS providers, how clips are uploaded to them, and the gateways that clips are read from. */
export function readIpfs(
  reader: Reader,
  { baseDirectory, databaseUrl }: { baseDirectory: string; databaseUrl: string | undefined },
) {
  const { read } = reader
  const { vendors, isUndecided } = readVendors(reader)
  const names: ProviderName[] = [...(Object.keys(vendors) as (keyof Vendors)[]), 'embedded']
  const gatewayUrl = read('IPFS_GATEWAY_URL', gateway)
  return {
    vendors,
    /** In the order in which they are tried. */
    providers: read(
      'IPFS_PROVIDERS',
      distinct(list(oneOf(...names), `a comma-separated list of ${names.join(', ')}, each once`)),
      isUndecided && !databaseUrl ? names : names.filter((name) => name !== 'embedded'),
    ),
    /** How many providers are to hold each clip. */
    replicas: read('IPFS_REPLICAS', whole(1, names.length), 1),
    /** The gateway of every permanent URL, whichever provider stored the clip; the provider's if `undefined`. */
    gatewayUrl: gatewayUrl === 'self' ? undefined : gatewayUrl,
    /** Every permanent URL is to use our own gateway. */
    usesOwnGateway: gatewayUrl === 'self',
    /** What URLs of our own gateway start with, where a CDN stands before it. */
    cdnBaseUrl: read('CDN_BASE_URL', plainUrl),
    /** Holds the clips of the provider `embedded`, and those that our gateway has fetched from others. */
    repositoryDir: read(
      'IPFS_REPOSITORY_DIR',
      text,
      path.join(/* turbopackIgnore: true */ baseDirectory, '.ipfs'),
    ),
    /** How many bytes the fetched ones may take up. */
    cacheMaxBytes: read('IPFS_CACHE_MAX_BYTES', whole(1), GIBIBYTE),
    /** Where clips are looked for besides their provider's gateway. */
    gateways: read('IPFS_GATEWAYS', gatewayList, ['https://trustless-gateway.link', 'https://ipfs.io']),
    /** The waits between the attempts at one provider: as many retries as there are waits. */
    retryDelaysMs: read('IPFS_RETRY_DELAYS_MS', waitList, [1000, 2000, 4000]),
    /** How many background uploads go to one provider at once. */
    uploadsPerProvider: read('IPFS_UPLOADS_PER_PROVIDER', whole(1, 1000), 5),
    /** How long one attempt may take. */
    attemptTimeoutMs: read('IPFS_ATTEMPT_TIMEOUT_MS', durationMs(), 30_000),
    /** How long a caller waits for IPFS before it gets the temporary URL; the upload goes on. */
    uploadDeadlineMs: read('UPLOAD_DEADLINE_MS', durationMs(), 10_000),
  }
}
