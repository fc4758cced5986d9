import { randomBytes } from 'node:crypto'
import { createWriteStream, openAsBlob } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import { CID } from 'multiformats'
import type { Config } from '#lib/config/index.ts'
import { markedError } from '#lib/platform/errors.ts'
import { type BlockStore, UNFINISHED_DIRECTORY } from './block-store.ts'
import { carHeader, frameStart, packCar } from './car.ts'
import { WrongContentError } from './car-reader.ts'
import { isLeaf } from './unixfs.ts'

const CAR_TYPE = 'application/vnd.ipld.car'
const RAW_TYPE = 'application/vnd.ipld.raw'
/** What a CAR has besides the bytes of the file: about 100 a block, and a node. */
const CAR_OVERHEAD = 1.05
const CAR_MARGIN_BYTES = 64 * 1024
/** Answers by which gateways say that they do not know the format, or do not give it to us. */
const REFUSALS = new Set([400, 403, 404, 405, 406, 415, 501])

/** A gateway answered with an error. */
export class GatewayError extends markedError('GatewayError') {
  readonly statusCode: number

  constructor(statusCode: number) {
    super(`Answered with ${statusCode}`)
    this.statusCode = statusCode
  }
}

export interface FetchOptions {
  gatewayUrl: string
  /** Of the file. A gateway that sends more is cut off. */
  sizeBytes: number
  /** Where bytes wait that cannot be checked before they are all here. */
  spoolDirectory: string
  signal: AbortSignal
}

/** Beside what the cache has begun to write, so that it is cleared away with it after a crash. */
export function spoolIn({ ipfs }: Pick<Config, 'ipfs'>): string {
  return path.join(ipfs.repositoryDir, 'cache', UNFINISHED_DIRECTORY)
}

type Keeper = Pick<BlockStore, 'put'>

/**
 * Fetches `cid` from a gateway into `store`, which takes nothing but the right bytes: block by block where the gateway
 * gives blocks or a CAR, else by computing the CID of the file.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 * @throws WrongContentError when the gateway sent anything else; another Error when it did not answer
 */
export async function fetchContent(store: Keeper, cid: string, options: FetchOptions): Promise<void> {
  const [format, type] = isLeaf(CID.parse(cid)) ? ['raw', RAW_TYPE] : ['car', CAR_TYPE]
  const base = `${options.gatewayUrl.replace(/\/+$/, '').replace(/\/ipfs$/, '')}/ipfs/${cid}`
  const parameters = format === 'car' ? '&dag-scope=entity&car-version=1' : ''
  let response = await request(`${base}?format=${format}${parameters}`, `${type}, */*;q=0.1`, options.signal)
  if (REFUSALS.has(response.status)) {
    await response.body?.cancel()
    response = await request(base, '*/*', options.signal)
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    throw new GatewayError(response.status)
  }
  // Taken hold of at once: the body of a response that nobody refers to any more is cancelled when memory is cleared.
  const body = (response.body as unknown as NodeStream<Uint8Array>).values()
  const isCar = response.headers.get('Content-Type')?.startsWith(CAR_TYPE)
  if (format === 'raw') return keepBlock(store, cid, body, options)
  if (isCar) {
    const maxBytes = options.sizeBytes * CAR_OVERHEAD + CAR_MARGIN_BYTES
    return store.put(cid, body, { maxBytes, signal: options.signal })
  }
  return keepFile(store, cid, body, options)
}

/** Asks twice where the connection breaks at once: it may have been a kept one that the gateway had closed. */
async function request(url: string, accept: string, signal: AbortSignal): Promise<Response> {
  const ask = () => fetch(url, { headers: { accept }, signal, cache: 'no-store' })
  return ask().catch((error: unknown) => {
    if (signal.aborted) throw error
    return ask()
  })
}

/** A clip of one block: whatever the gateway calls it, these are its bytes or they are not. */
async function keepBlock(
  store: Keeper,
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
  await store.put(cid, car(), { signal })
}

/** A file as it is: kept on disk until its CID is known. */
async function keepFile(
  store: Keeper,
  cid: string,
  body: AsyncIterable<Uint8Array>,
  { sizeBytes, spoolDirectory, signal }: FetchOptions,
) {
  await mkdir(spoolDirectory, { recursive: true })
  const name = `${cid}.${randomBytes(6).toString('hex')}`
  const place = path.join(/* turbopackIgnore: true */ spoolDirectory, name)
  try {
    await pipeline(atMost(body, sizeBytes), createWriteStream(place), { signal })
    await keepAs(store, cid, await openAsBlob(place), { signal })
  } finally {
    await rm(place, { force: true })
  }
}

/**
 * Keeps `file` as `cid`, in whichever of the known ways of chunking it has that CID.
 *
 * @throws WrongContentError when it has it in none
 */
export async function keepAs(
  store: Keeper,
  cid: string,
  file: Blob,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  for (const as of ['profile', 'legacy'] as const) {
    const packed = await packCar(file, { as })
    signal.throwIfAborted()
    if (packed.cid !== cid) continue
    return store.put(cid, packed.car.stream(), { signal })
  }
  throw new WrongContentError(`The bytes are not those of ${cid}`)
}

async function* atMost(body: AsyncIterable<Uint8Array>, maxBytes: number) {
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > maxBytes) throw new WrongContentError(`Sent more than the ${maxBytes} bytes that it has`)
    yield chunk
  }
}
