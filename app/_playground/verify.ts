import { sha256 } from '@noble/hashes/sha2.js'
import { createFileHash, type FileLayout, legacyLayout, profileLayout } from '#lib/ipfs/blocks/file-dag.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { markedError } from '#lib/platform/errors.ts'
import type { ClipView } from '../_shared/clip-view.ts'

const TIME_LIMIT_MS = 45_000

export type Verdict =
  | { kind: 'exact'; cid: string; bytes: number; elapsedMs: number }
  | { kind: 'different'; cid: string; bytes: number }
  | { kind: 'unreachable'; reason: string }

/**
 * Fetches the audio from the clip's address and computes its CID here, under UnixFS profile `unixfs-v1-2025`. Works on pages
 * that came by plain http, too, where browsers compute no hashes themselves.
 *
 * Never throws: where the audio cannot be fetched or hashed, the verdict is `unreachable` with the reason.
 */
export async function verify(clip: Pick<ClipView, 'audioUrl' | 'cid' | 'ipfsHash'>): Promise<Verdict> {
  const startedAt = performance.now()
  let audio: Blob
  try {
    audio = await download(clip.audioUrl)
  } catch (error) {
    return unreachable(await explain(error, clip.audioUrl))
  }
  try {
    await provideHashes()
    const { isExact, cid, bytes } = await compare(clip, audio)
    if (!isExact) return { kind: 'different', cid, bytes }
    return { kind: 'exact', cid, bytes, elapsedMs: performance.now() - startedAt }
  } catch (error) {
    return unreachable(`The CID could not be computed here: ${(error as Error).message}`)
  }
}

/** Browsers have hashes of their own only on pages that came by https or from localhost; elsewhere others stand in. */
async function provideHashes(): Promise<void> {
  if (crypto.subtle) return
  const { sha256 } = await import('@noble/hashes/sha2.js')
  const digest = async (_: 'SHA-256', bytes: Uint8Array) => sha256(bytes).buffer
  Object.defineProperty(crypto, 'subtle', { value: { digest } })
}

async function compare(clip: Pick<ClipView, 'cid' | 'ipfsHash'>, audio: Blob) {
  const { cid, bytes } = await hash(audio, profileLayout)
  const isOther = clip.ipfsHash && clip.ipfsHash !== cid
  const named = isOther ? (await hash(audio, legacyLayout)).cid : clip.ipfsHash
  return { isExact: cid === clip.cid && named === clip.ipfsHash, cid, bytes }
}

async function hash(audio: Blob, layout: FileLayout) {
  const hash = createFileHash(() => sha256.create(), layout)
  for await (const chunk of chunksOf(audio)) hash.update(chunk)
  const { root, sizeBytes } = hash.finish()
  return { cid: root.toString(), bytes: sizeBytes }
}

/** The address answered, and not with the audio. */
class RefusedError extends markedError('RefusedError') {}

async function download(url: string): Promise<Blob> {
  const signal = AbortSignal.timeout(TIME_LIMIT_MS)
  // A copy in the browser's cache would prove nothing.
  const response = await fetch(url, {
    signal,
    cache: 'no-store',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  })
  if (!response.ok) throw new RefusedError(explainStatus(response.status))
  return response.blob()
}

function explainStatus(status: number): string {
  if (status === 404) return 'The address answers 404: the gateway has not found the content (yet).'
  if (status === 410) return 'The temporary address has ended (410).'
  if (status === 429) return 'The gateway refuses for now (429): too many requests. Try again in a minute.'
  if (status === 504) return 'The gateway could not find the content in time (504). Try again in a minute.'
  return `The address answers ${status} in place of the audio.`
}

/** A browser does not say why a fetch failed: finds out what it can. */
async function explain(error: unknown, url: string): Promise<string> {
  const { host, protocol } = new URL(url)
  if (RefusedError.isInstance(error)) return error.message
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `${host} did not send it within ${TIME_LIMIT_MS / 1000} seconds.`
  }
  if (!navigator.onLine) return 'This device is offline.'
  if (location.protocol === 'https:' && protocol === 'http:') {
    return `The address begins with http:, and browsers fetch nothing unencrypted for a page that came by https.`
  }
  const answers = await fetch(url, {
    method: 'HEAD',
    mode: 'no-cors',
    signal: AbortSignal.timeout(10_000),
  }).then(
    () => true,
    () => false,
  )
  return answers
    ? `${host} answers, but does not let other pages read what it sends (CORS). Open the address, or check it with curl and an IPFS tool.`
    : `${host} cannot be reached from here, or the browser refuses to connect to it.`
}

const unreachable = (reason: string): Verdict => ({ kind: 'unreachable', reason })
