import type { IncomingMessage, ServerResponse } from 'node:http'
import { buildApp } from 'fauxqs'
import { LocalServer } from '../stub-vendors/local-server.ts'

/** A request as it reached the store. */
export interface S3Request {
  method: string
  /** Path and query. */
  url: string
  range: string | undefined
}

/** A stand-in for an S3-compatible store, on this machine only, with one bucket. It checks no credentials. */
export interface S3Server {
  readonly url: string
  readonly bucket: string
  /** The variables with which the service uses it. */
  environment(): Record<string, string>
  /** Answers every request with this status from now on; `undefined`: works again. */
  failWith(status: number | undefined): void
  /** The keys of all clips, in order. */
  objects(): string[]
  /** The keys of the uploads in parts that were neither completed nor aborted. */
  unfinishedUploads(): string[]
  /** Every request since the start or since `requests.length = 0`. */
  readonly requests: S3Request[]
  stop(): Promise<void>
}

const REGION = 'us-east-1'
const CREDENTIALS = { accessKeyId: 'voicepin-test', secretAccessKey: 'the-secret-of-the-s3-stand-in' }

/** Starts it. Without `storageDirectory` it keeps everything in memory, and nothing beyond its end. */
export async function startS3(
  options: { port?: number; storageDirectory?: string; bucket?: string } = {},
): Promise<S3Server> {
  const bucket = options.bucket ?? 'voicepin'
  const { stores, s3 } = await openStores(options.storageDirectory)
  const app = buildApp({ logger: false, stores })
  await app.ready()
  s3.createBucket(bucket)
  const requests: S3Request[] = []
  let failure: number | undefined

  const front = new LocalServer((request, response) => {
    const { method = '', url = '', headers } = request
    requests.push({ method, url, range: headers.range })
    if (failure) return refuse(request, response, failure)
    if (method === 'GET' && new URL(url, 'http://s3').searchParams.has('uploads')) {
      return sendXml(response, 200, uploadsXml(bucket, [...s3.multipartUploads.values()]))
    }
    app.routing(request, response)
  }, options.port)
  await front.open()

  return {
    url: front.url,
    bucket,
    requests,
    environment: () => ({
      S3_BUCKET: bucket,
      S3_ENDPOINT: front.url,
      S3_REGION: REGION,
      S3_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      S3_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    }),
    failWith(status) {
      failure = status
    },
    objects: () =>
      [...(s3.buckets.get(bucket)?.keys() ?? [])].filter((key) => !key.endsWith('-owner')).sort(),
    unfinishedUploads: () => [...s3.multipartUploads.values()].map(({ key }) => key),
    async stop() {
      await front.close()
      await app.close()
    },
  }
}

interface MultipartUpload {
  uploadId: string
  key: string
  initiated: Date
}

interface FauxS3 {
  buckets: Map<string, Map<string, unknown>>
  multipartUploads: Map<string, MultipartUpload>
  persistence: unknown
  createBucket(name: string): void
}

/** The package's own start listens on every address of the machine and shows no store, so its parts are put together here. */
async function openStores(storageDirectory: string | undefined) {
  const part = (file: string) => import(new URL(file, import.meta.resolve('fauxqs')).href)
  const [{ S3Store }, { SqsStore }, { SnsStore }] = await Promise.all([
    part('s3/s3Store.js'),
    part('sqs/sqsStore.js'),
    part('sns/snsStore.js'),
  ])
  const s3: FauxS3 = new S3Store()
  if (storageDirectory) {
    const { FileS3Persistence } = await part('s3/fileS3Persistence.js')
    const persistence = new FileS3Persistence(storageDirectory)
    persistence.loadS3(s3)
    s3.persistence = persistence
  }
  return { s3, stores: { s3Store: s3 as never, sqsStore: new SqsStore(), snsStore: new SnsStore() } }
}

const ERROR_CODES: Record<number, string> = {
  403: 'InvalidAccessKeyId',
  404: 'NoSuchBucket',
  500: 'InternalError',
  503: 'SlowDown',
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number) {
  request.resume()
  request.once('end', () => {
    const code = ERROR_CODES[status] ?? 'Refused'
    sendXml(response, status, `<Error><Code>${code}</Code><Message>As the test wants it.</Message></Error>`)
  })
}

/** What the package cannot list: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
function uploadsXml(bucket: string, uploads: MultipartUpload[]): string {
  const entries = uploads.map(
    ({ uploadId, key, initiated }) =>
      `<Upload><Key>${key}</Key><UploadId>${uploadId}</UploadId><Initiated>${initiated.toISOString()}</Initiated></Upload>`,
  )
  return `<ListMultipartUploadsResult><Bucket>${bucket}</Bucket><IsTruncated>false</IsTruncated>${entries.join('')}</ListMultipartUploadsResult>`
}

function sendXml(response: ServerResponse, status: number, xml: string) {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`)
}
