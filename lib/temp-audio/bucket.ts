import type { Readable } from 'node:stream'
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { isClipId } from '#lib/model/clip.ts'
import { type Clock, withTimeLimit } from '#lib/platform/clock.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { explainS3Error, isMissingObject, isUnsupportedOperation } from './bucket-errors.ts'
import type { StoredAudio } from './store.ts'

export interface BucketOptions {
  bucket: string
  /** Only of a store other than AWS. Its buckets are then addressed in the path of the URL. */
  endpoint?: string | undefined
  region: string
  /** Without both the SDK uses its own sources of credentials: a role of the machine, a profile. */
  accessKeyId?: string | undefined
  secretAccessKey?: string | undefined
  clock: Clock
}

/** The headers of the answer to a presigned URL, and how long the URL is valid. */
export interface SignedAnswer {
  expiresInSeconds: number
  contentType: string
  contentDisposition: string
}

/** Objects by clip id in one bucket of an S3-compatible store. Its errors say what to do, and show no secret. */
export interface Bucket {
  /** Uploads `body`; a large one in parts, of which about `PARTS_AT_ONCE` are in memory at a time. */
  upload(id: string, body: Readable, sizeBytes: number): Promise<void>
  /** Opens the bytes, or those from `start` to `end` (both inclusive); `null` where there is no such object. */
  open(id: string, range?: { start: number; end: number }): Promise<Readable | null>
  delete(id: string): Promise<void>
  /**
   * All clips, page by page. With `abortUploadsBefore` (milliseconds since the epoch) it also aborts multipart uploads
   * that were begun before then and never completed.
   */
  list(options?: { abortUploadsBefore?: number | undefined }): AsyncIterable<StoredAudio>
  /** A presigned URL by which anybody may GET the object for a while. */
  sign(id: string, answer: SignedAnswer): Promise<string>
  close(): Promise<void>
}

const PREFIX = 'audio/'
const PART_BYTES = 5 * MEBIBYTE
const PARTS_AT_ONCE = 2
/** How long one command may take, including its retry: this, plus the time for the bytes that it sends. */
const COMMAND_MS = 5000
const MIN_BYTES_PER_MS = 256
const CONNECT_MS = 2000
/** Each listener uses one for as long as it reads. */
const MAX_SOCKETS = 1000

type Sdk = typeof import('@aws-sdk/client-s3')

/** The bucket of `options`. The SDK is loaded when it is first used. */
export function createBucket(options: BucketOptions): Bucket {
  const { bucket, clock } = options
  const objectOf = (id: string) => ({ Bucket: bucket, Key: `${PREFIX}${id}` })
  let connecting: Promise<{ sdk: Sdk; client: S3Client }> | undefined

  function connect() {
    connecting ??= import('@aws-sdk/client-s3').then((sdk) => ({
      sdk,
      client: new sdk.S3Client(clientConfig(options)),
    }))
    return connecting
  }

  /** Runs one command under its time limit, which does not include reading the body of the answer. */
  async function command<T>(
    run: (parts: { sdk: Sdk; client: S3Client; abortSignal: AbortSignal }) => Promise<T>,
    sizeBytes = 0,
  ): Promise<T> {
    try {
      const parts = await connect()
      return await withTimeLimit((abortSignal) => run({ ...parts, abortSignal }), {
        clock,
        timeoutMs: COMMAND_MS + sizeBytes / MIN_BYTES_PER_MS,
        timeoutError: () => new Error('The command was not answered in time'),
      })
    } catch (error) {
      throw explainS3Error(error, options)
    }
  }

  async function abortUploads(before: number) {
    const pages = pagesOf(async (token?: { KeyMarker?: string; UploadIdMarker?: string }) => {
      const input = { Bucket: bucket, Prefix: PREFIX, ...token }
      const page = await command(({ sdk, client, abortSignal }) =>
        client.send(new sdk.ListMultipartUploadsCommand(input), { abortSignal }),
      )
      const { NextKeyMarker, NextUploadIdMarker } = page
      const hasMore = page.IsTruncated && NextKeyMarker
      const next = hasMore && { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker ?? '' }
      return { entries: page.Uploads ?? [], next: next || undefined }
    })
    for await (const { Key, UploadId, Initiated } of pages) {
      if (!Key?.startsWith(PREFIX) || !Initiated || Initiated.getTime() >= before) continue
      await command(({ sdk, client, abortSignal }) =>
        client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }), { abortSignal }),
      ).catch((error) => {
        // Another process has aborted it meanwhile.
        if (!isMissingObject(error.cause)) throw error
      })
    }
  }

  return {
    async upload(id, body, sizeBytes) {
      const { Upload } = await import('@aws-sdk/lib-storage')
      const { client } = await connect()
      // The uploader passes no signal to its commands, so that nothing would end one that hangs: this client does.
      const limited = Object.create(client, {
        send: {
          value: (part: Parameters<S3Client['send']>[0]) =>
            command(
              ({ abortSignal }) => client.send(part, { abortSignal }),
              'Body' in part.input ? Math.min(sizeBytes, PART_BYTES) : 0,
            ),
        },
      })
      const params = { ...objectOf(id), Body: body, ContentLength: sizeBytes }
      const upload = new Upload({
        client: limited,
        params,
        partSize: PART_BYTES,
        queueSize: PARTS_AT_ONCE,
      })
      await upload.done()
    },

    async open(id, range) {
      const Range = range && `bytes=${range.start}-${range.end}`
      try {
        const { Body, ContentRange } = await command(({ sdk, client, abortSignal }) =>
          client.send(new sdk.GetObjectCommand({ ...objectOf(id), ...(Range && { Range }) }), {
            abortSignal,
          }),
        )
        const body = Body as Readable
        if (!range || ContentRange) return body
        body.destroy()
        throw new Error('The S3 store does not answer a request for a part of an object with that part')
      } catch (error) {
        if (isMissingObject((error as Error).cause)) return null
        throw error
      }
    },

    async delete(id) {
      await command(({ sdk, client, abortSignal }) =>
        client.send(new sdk.DeleteObjectCommand(objectOf(id)), { abortSignal }),
      )
    },

    async *list({ abortUploadsBefore } = {}) {
      const pages = pagesOf(async (ContinuationToken?: string) => {
        const input = { Bucket: bucket, Prefix: PREFIX, ...(ContinuationToken && { ContinuationToken }) }
        const page = await command(({ sdk, client, abortSignal }) =>
          client.send(new sdk.ListObjectsV2Command(input), { abortSignal }),
        )
        return {
          entries: page.Contents ?? [],
          next: page.IsTruncated ? page.NextContinuationToken : undefined,
        }
      })
      for await (const { Key = '', Size = 0, LastModified } of pages) {
        const id = Key.slice(PREFIX.length)
        if (isClipId(id)) yield { id, sizeBytes: Size, storedAt: LastModified?.getTime() ?? 0 }
      }
      if (abortUploadsBefore === undefined) return
      await abortUploads(abortUploadsBefore).catch((error) => {
        if (!isUnsupportedOperation(error.cause)) throw error
      })
    },

    async sign(id, { expiresInSeconds, contentType, contentDisposition }) {
      const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
      return command(({ sdk, client }) => {
        const input = {
          ...objectOf(id),
          ResponseContentType: contentType,
          ResponseContentDisposition: contentDisposition,
        }
        return getSignedUrl(client, new sdk.GetObjectCommand(input), { expiresIn: expiresInSeconds })
      })
    },

    async close() {
      const connected = await connecting?.catch(() => undefined)
      connected?.client.destroy()
    },
  }
}

/** @see https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/client/s3/ */
function clientConfig({ endpoint, region, accessKeyId, secretAccessKey }: BucketOptions): S3ClientConfig {
  return {
    region,
    ...(endpoint && { endpoint, forcePathStyle: true }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
    maxAttempts: 2,
    // Stores other than AWS support the newer checksums partly or not at all.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    },
  }
}

async function* pagesOf<Entry, Token>(
  load: (token?: Token) => Promise<{ entries: Entry[]; next: Token | undefined }>,
): AsyncGenerator<Entry> {
  let token: Token | undefined
  do {
    const { entries, next } = await load(token)
    yield* entries
    token = next
  } while (token)
}
