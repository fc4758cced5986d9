import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { isClipId, newClipId } from '#lib/model/clip.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { iterate } from '#lib/platform/byte-iterator.ts'
import type { Clock } from '#lib/platform/clock.ts'
import { nullIfMissing, openFileAsBlob } from '#lib/platform/files.ts'
import { GIBIBYTE, MINUTE_MS } from '#lib/platform/units.ts'
import type { Bucket } from './bucket.ts'
import { createCopies, IN_USE_MS } from './copies.ts'
import { createSpool } from './spool.ts'
import { unlessStalled } from './stall-limit.ts'
import { type FailedPut, TempAudioError, type TempAudioStore } from './store.ts'

const TIDY_EVERY_MS = MINUTE_MS
/** The wait after a failed attempt to upload a clip that is kept here doubles from the first to the second of these. */
const FIRST_PUSH_DELAY_MS = 1000
const MAX_PUSH_DELAY_MS = 30_000
/** How long a successful check is not repeated: readiness is probed often, and each request to the bucket costs money. */
const CHECK_VALID_MS = 5000

export interface S3StoreOptions {
  bucket: Bucket
  /** For spool and copies, on this machine. Other processes may use the same one. */
  directory: string
  /** The name of this process, as `newProcessName` gives it. */
  owner: string
  clock: Clock
  /** Gets every error of a transfer that no caller waits for. */
  onProblem: (error: unknown) => void
  /** How much of the local disk copies may take beyond those in use. */
  copiesMaxBytes?: number
  /** Whether files on this machine survive the end of the process. */
  isDiskLasting?: boolean
}

export interface S3Store extends TempAudioStore {
  /** Uploads what processes of this machine had spooled when they died. Returns how many clips. */
  pushLeftBehind(options?: { removeUnfinishedBefore?: number | undefined }): Promise<number>
  /** Deletes local copies that are not in use. Returns how many. */
  evictCopies(): Promise<number>
}

/**
 * Keeps clips in `bucket`. Audio streams into a local spool first, is durable there, and counts as kept once the bucket
 * has it; then the file becomes a local copy. So callers get blobs of real files, and nothing is lost when the bucket
 * fails or the process dies in between.
 */
export function createS3Store(options: S3StoreOptions): S3Store {
  const { bucket, clock, onProblem, copiesMaxBytes = GIBIBYTE, isDiskLasting = true } = options
  const now = () => clock.now()
  const spool = createSpool({ ...options, directory: path.join(options.directory, 'spool'), now })
  const copies = createCopies({
    directory: path.join(options.directory, 'copies'),
    maxBytes: copiesMaxBytes,
    now,
  })
  const puts = new Map<string, Promise<unknown>>()
  const downloads = new Map<string, Promise<boolean>>()
  /** Clips that stay in the spool until the bucket takes them. */
  const kept = new Set<string>()
  let tidiedAt = now()
  let checkedAt = Number.NEGATIVE_INFINITY

  /** Runs puts of one clip one after the other: otherwise bucket and copy could end up with different bytes. */
  function oneAtATime<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (puts.get(id) ?? Promise.resolve()).then(work, work)
    puts.set(id, turn)
    const leave = () => puts.get(id) === turn && puts.delete(id)
    turn.then(leave, leave)
    return turn
  }

  /** Uploads the file `place`. Returns `false` where it is gone. */
  async function upload(id: string, place: string): Promise<boolean> {
    const handle = await open(place).catch(nullIfMissing)
    if (!handle) return false
    try {
      const { size } = await handle.stat()
      const body = handle.createReadStream({ autoClose: false })
      await bucket.upload(id, body, size).finally(() => body.destroy())
    } finally {
      await handle.close()
    }
    return true
  }

  /** Uploads the file `place` and makes it a copy. Returns `false` where it is gone. */
  async function push(id: string, place: string): Promise<boolean> {
    if (!(await upload(id, place))) return false
    // The clip is safe: if the copy fails now, it costs a download later.
    await copies.take(id, place).catch(onProblem)
    return true
  }

  async function rescue(id: string, cause: unknown): Promise<FailedPut> {
    const place = spool.placeOf(id)
    onProblem(cause)
    // Callers see this message: it must not name the bucket.
    const message = 'The temporary store could not keep the clip: its bucket did not take it'
    return {
      status: 'failed',
      error: new TempAudioError(message, { cause }),
      rescued: await openFileAsBlob(place).catch(() => undefined),
      discard: () => rm(place, { force: true }),
      keep: isDiskLasting ? () => void keep(id) : undefined,
    }
  }

  /**
   * Retries the upload of a clip until the bucket takes it. If this process dies, another one of the machine does so. A
   * blob of the file cannot be read any more once the file is a copy, so that it stays a while for those who read it.
   */
  async function keep(id: string) {
    const place = spool.placeOf(id)
    let isUploaded = false
    kept.add(id)
    for (let delayMs = FIRST_PUSH_DELAY_MS; !isUploaded; delayMs = Math.min(2 * delayMs, MAX_PUSH_DELAY_MS)) {
      await clock.sleep(delayMs)
      if (!kept.has(id)) return
      isUploaded = await oneAtATime(id, () => upload(id, place)).then(
        () => true,
        (error: unknown) => {
          onProblem(error)
          return false
        },
      )
    }
    await clock.sleep(IN_USE_MS)
    await oneAtATime(id, () => copies.take(id, place)).catch(onProblem)
    kept.delete(id)
  }

  /** Downloads the object as a local copy, once for all who ask meanwhile; `false` where there is no such object. */
  function download(id: string): Promise<boolean> {
    const running = downloads.get(id)
    if (running) return running
    const downloading = bucket
      .open(id)
      .then(async (body) => {
        if (body) await copies.receive(id, Readable.from(unlessStalled(body, clock)))
        return body !== null
      })
      .finally(() => downloads.delete(id))
    downloads.set(id, downloading)
    return downloading
  }

  async function readSpooled(id: string, range?: { start: number; end: number }) {
    const spooled = await spool.find(id)
    const part = range ? spooled?.slice(range.start, range.end + 1) : spooled
    return part ? chunksOf(part) : null
  }

  function tidyIfDue() {
    if (now() - tidiedAt < TIDY_EVERY_MS) return
    tidiedAt = now()
    copies.evict().catch(onProblem)
    // Not every process runs the clean-up, and the bucket may have failed when this one started.
    pushLeftBehind().catch(onProblem)
  }

  async function pushLeftBehind({
    removeUnfinishedBefore,
  }: {
    removeUnfinishedBefore?: number | undefined
  } = {}) {
    let count = 0
    for (const { id, place } of await spool.leftBehind({ removeUnfinishedBefore })) {
      const isPushed = await oneAtATime(id, () => push(id, place)).catch((error: unknown) => {
        onProblem(error)
        return false
      })
      if (isPushed) count += 1
    }
    return count
  }

  async function checkBucket() {
    if (now() - checkedAt < CHECK_VALID_MS) return
    const id = `check-${newClipId()}`
    await bucket.upload(id, Readable.from([Buffer.from('voicepin')]), 8)
    await bucket.delete(id)
    checkedAt = now()
  }

  return {
    put(id, audio, putOptions) {
      if (!isClipId(id)) return Promise.reject(new TempAudioError(`"${id}" is no clip id`))
      return oneAtATime(id, async () => {
        const spooled = await spool.put(id, audio, putOptions)
        if (spooled.status === 'failed') return spooled
        try {
          if (!(await push(id, spool.placeOf(id)))) throw new Error('Its file is gone from the spool')
        } catch (error) {
          return rescue(id, error)
        }
        tidyIfDue()
        return { ...spooled, storedAt: Date.now() }
      })
    },

    async read(id, range) {
      if (!isClipId(id)) return null
      const here = (await copies.read(id, range)) ?? (kept.has(id) ? await readSpooled(id, range) : null)
      if (here) return here
      const body = await bucket.open(id, range)
      if (body) return iterate(Readable.toWeb(body))
      return readSpooled(id, range)
    },

    async blob(id) {
      if (!isClipId(id)) return null
      tidyIfDue()
      const here = (await copies.blob(id)) ?? (kept.has(id) ? await spool.find(id) : null)
      return here ?? ((await download(id)) ? copies.blob(id) : spool.find(id))
    },

    async delete(id) {
      if (!isClipId(id)) return
      kept.delete(id)
      await spool.delete(id)
      await bucket.delete(id)
      await copies.delete(id)
    },

    async *list({ removeUnfinishedBefore, isKnown = () => false } = {}) {
      await pushLeftBehind({ removeUnfinishedBefore })
      for await (const clip of bucket.list({ abortUploadsBefore: removeUnfinishedBefore })) {
        if (!isKnown(clip.id)) yield clip
      }
      if (removeUnfinishedBefore !== undefined) await copies.evict({ removeUnfinishedBefore })
    },

    async check({ isHereEnough = false } = {}) {
      await Promise.all([spool.check(), isHereEnough && isDiskLasting ? undefined : checkBucket()])
    },

    pushLeftBehind,
    evictCopies: () => copies.evict({ all: true }),
  }
}
