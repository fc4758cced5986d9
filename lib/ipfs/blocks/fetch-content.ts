import { createWriteStream, openAsBlob } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CID } from 'multiformats'
import type { Config } from '#lib/config/index.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { markedError } from '#lib/platform/errors.ts'
import { draftPath } from '#lib/platform/files.ts'
import { parseRetryAfter } from '#lib/platform/http-date.ts'
import { type BlockStore, UNFINISHED_DIRECTORY } from './block-store.ts'
import { carHeader, frameStart, packCar } from './car.ts'
import { WrongContentError } from './car-reader.ts'
import { fetchFromGateway } from './gateway-fetch.ts'
import { isLeaf } from './unixfs.ts'

const CAR_TYPE = 'application/vnd.ipld.car'
const RAW_TYPE = 'application/vnd.ipld.raw'
/** A CAR is larger than its file by about 100 bytes per block, and by the nodes above the leaves. */
const CAR_OVERHEAD = 1.05
const CAR_MARGIN_BYTES = 64 * 1024
/** Statuses by which gateways refuse the format: they do not know it, or do not serve it to us. */
const FORMAT_REFUSALS = new Set([400, 403, 404, 405, 406, 415, 501])

/** A gateway answered with an error. */
export class GatewayError extends markedError('GatewayError') {
  readonly statusCode: number
  /** What its `Retry-After` asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(statusCode: number, retryAfterMs?: number) {
    super(`Answered ${statusCode}`)
    this.statusCode = statusCode
    this.retryAfterMs = retryAfterMs
  }
}

export interface FetchOptions {
  gatewayUrl: string
  /** The size of the file. A gateway that sends more is disconnected. */
  sizeBytes: number
  /** Where a plain file is kept until it can be verified, which takes all of its bytes. */
  spoolDirectory: string
  /**
   * Only what the gateway has itself: it looks for nothing in the network.
   *
   * @see https://specs.ipfs.tech/http-gateways/path-gateway/#only-if-cached
   */
  isCachedOnly?: boolean
  signal: AbortSignal
}

/** The directory of the cache's unfinished files, so that what a crash leaves there is deleted together with them. */
export function spoolDirectoryOf({ ipfs }: Pick<Config, 'ipfs'>): string {
  return path.join(ipfs.repositoryDir, 'cache', UNFINISHED_DIRECTORY)
}

export type FetchContent = typeof fetchContent

/** Where the verified content goes: a block store, the cache, or only a verifier. */
type ContentSink = Pick<BlockStore, 'put'>

/**
 * Fetches `cid` from a gateway into `sink`, which verifies it: block by block if the gateway serves blocks or a CAR, else
 * by the CID that the plain file turns out to have.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 * @throws WrongContentError when the gateway sent other content; GatewayError when it answered an error; the error of
 *   `fetch` when it did not answer
 */
export async function fetchContent(sink: ContentSink, cid: string, options: FetchOptions): Promise<void> {
  const [format, type] = isLeaf(CID.parse(cid)) ? ['raw', RAW_TYPE] : ['car', CAR_TYPE]
  const base = `${options.gatewayUrl.replace(/\/+$/, '').replace(/\/ipfs$/, '')}/ipfs/${cid}`
  const parameters = format === 'car' ? '&dag-scope=entity&car-version=1' : ''
  let response = await request(`${base}?format=${format}${parameters}`, `${type}, */*;q=0.1`, options)
  if (FORMAT_REFUSALS.has(response.status)) {
    await response.body?.cancel()
    response = await request(base, '*/*', options)
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now())
    throw new GatewayError(response.status, retryAfterMs)
  }
  // The iterator is made at once: `fetch` cancels the body of a response that was garbage-collected before it was read.
  const body = response.body.values()
  const isCar = response.headers.get('Content-Type')?.startsWith(CAR_TYPE)
  if (format === 'raw') return putBlock(sink, cid, body, options)
  if (isCar) {
    const maxBytes = options.sizeBytes * CAR_OVERHEAD + CAR_MARGIN_BYTES
    return sink.put(cid, body, { maxBytes, signal: options.signal })
  }
  return spoolFile(sink, cid, body, options)
}

/** Asks a second time if the connection fails: it may have been a kept-alive one that the gateway had closed. */
async function request(
  url: string,
  accept: string,
  { isCachedOnly, signal }: FetchOptions,
): Promise<Response> {
  const headers = { accept, ...(isCachedOnly && { 'cache-control': 'only-if-cached' }) }
  const ask = () => fetchFromGateway(url, { headers, signal, cache: 'no-store' })
  return ask().catch((error: unknown) => {
    if (signal.aborted) throw error
    return ask()
  })
}

/** A clip of a single block: the body is the block, whatever type the gateway gives it. */
async function putBlock(
  sink: ContentSink,
  cid: string,
  body: AsyncIterable<Uint8Array>,
  { sizeBytes, signal }: FetchOptions,
) {
  const bytes = Buffer.concat(await Array.fromAsync(atMost(body, sizeBytes)))
  const parsed = CID.parse(cid)
  async function* car() {
    yield carHeader(parsed)
    yield frameStart(parsed, bytes.byteLength)
    yield bytes
  }
  await sink.put(cid, car(), { signal })
}

/** A plain file: kept on disk until all of it is there to compute its CID. */
async function spoolFile(
  sink: ContentSink,
  cid: string,
  body: AsyncIterable<Uint8Array>,
  { sizeBytes, spoolDirectory, signal }: FetchOptions,
) {
  await mkdir(spoolDirectory, { recursive: true })
  const spoolPath = draftPath(path.join(/* turbopackIgnore: true */ spoolDirectory, cid))
  try {
    await pipeline(atMost(body, sizeBytes), createWriteStream(spoolPath), { signal })
    await putFile(sink, cid, await openAsBlob(spoolPath), { signal })
  } finally {
    await rm(spoolPath, { force: true })
  }
}

/**
 * Puts `file` into `sink` as a CAR with the root `cid`, chunked in the one of the two known ways that gives this CID.
 *
 * @throws WrongContentError when neither does
 */
export async function putFile(
  sink: ContentSink,
  cid: string,
  file: Blob,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  for (const as of ['profile', 'legacy'] as const) {
    const packed = await packCar(file, { as })
    signal.throwIfAborted()
    if (packed.cid !== cid) continue
    return sink.put(cid, chunksOf(packed.car), { signal })
  }
  throw new WrongContentError(`The bytes do not have the CID ${cid}`)
}

async function* atMost(body: AsyncIterable<Uint8Array>, maxBytes: number) {
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > maxBytes)
      throw new WrongContentError(`The gateway sent more than the ${maxBytes} bytes of the content`)
    yield chunk
  }
}
