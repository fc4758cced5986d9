import { randomBytes } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { isClipId } from '#lib/model/clip.ts'
import { describeError } from '#lib/model/errors.ts'
import { TempAudioError, type TempAudioStore } from './store.ts'

/** A clip that cannot be written is carried in memory up to this size, so that IPFS can still take it. */
const RESCUE_LIMIT_BYTES = 64 * 1024 ** 2
const UNFINISHED = '.partial'

/** Keeps clips as files in `directory`: written beside their place, synced, then renamed into it. */
export function createFilesystemStore(options: { directory: string }): TempAudioStore {
  const { directory } = options
  const placeOf = (id: string) => path.join(directory, id)
  const unfinishedPlaceOf = (id: string) =>
    path.join(directory, `${id}.${randomBytes(6).toString('hex')}${UNFINISHED}`)

  return {
    async put(id, audio, { reserve } = {}) {
      if (!isClipId(id)) throw new TempAudioError(`"${id}" is no clip id`)
      const unfinished = unfinishedPlaceOf(id)
      const writer = createWriter(unfinished, reserve)
      try {
        for await (const chunk of audio) await writer.write(chunk)
      } catch (error) {
        await writer.abandon()
        throw error
      }
      try {
        await writer.commit(placeOf(id))
      } catch (error) {
        throw await writer.rescue(error)
      }
      return { id, sizeBytes: writer.sizeBytes, storedAt: Date.now() }
    },

    async read(id, range) {
      const handle = isClipId(id) ? await orNull(open(placeOf(id))) : null
      if (!handle) return null
      const stream = handle.createReadStream(range)
      return Readable.toWeb(stream) as ReadableStream<Uint8Array>
    },

    async blob(id) {
      return isClipId(id) ? orNull(openBlob(placeOf(id))) : null
    },

    async delete(id) {
      if (isClipId(id)) await rm(placeOf(id), { force: true })
    },

    async *list({ removeUnfinishedBefore } = {}) {
      const entries = await orNull(opendir(directory))
      if (!entries) return
      for await (const entry of entries) {
        const place = path.join(directory, entry.name)
        const facts = entry.isFile() ? await orNull(stat(place)) : null
        if (!facts) continue
        if (isClipId(entry.name)) {
          yield { id: entry.name, sizeBytes: facts.size, storedAt: Math.floor(facts.mtimeMs) }
        } else if (entry.name.endsWith(UNFINISHED) && facts.mtimeMs < (removeUnfinishedBefore ?? 0)) {
          await rm(place, { force: true })
        }
      }
    },

    async check() {
      const probe = unfinishedPlaceOf('check')
      try {
        await mkdir(directory, { recursive: true })
        const handle = await open(probe, 'wx')
        try {
          await handle.writeFile('voicepin')
        } finally {
          await handle.close()
        }
      } finally {
        await rm(probe, { force: true })
      }
    },
  }
}

/** Writes one clip; once a write has failed it goes on in memory, so that nothing of the clip is lost. */
function createWriter(unfinishedPlace: string, reserve?: (sizeBytes: number) => Promise<void>) {
  let place = unfinishedPlace
  let handle: FileHandle | undefined
  let failure: unknown
  let writtenBytes = 0
  let rescuedBytes = 0
  const rescuedChunks: Uint8Array<ArrayBuffer>[] = []

  async function writeDurably(chunk: Uint8Array) {
    await reserve?.(writtenBytes + chunk.byteLength)
    handle ??= await openNew(place)
    let offset = 0
    while (offset < chunk.byteLength) {
      const { bytesWritten } = await handle.write(
        chunk,
        offset,
        chunk.byteLength - offset,
        writtenBytes + offset,
      )
      offset += bytesWritten
    }
    writtenBytes += chunk.byteLength
  }

  async function abandon() {
    await handle?.close().catch(() => {})
    handle = undefined
    await rm(place, { force: true }).catch(() => {})
  }

  return {
    get sizeBytes() {
      return writtenBytes + rescuedBytes
    },

    async write(chunk: Uint8Array) {
      if (!failure) {
        try {
          return await writeDurably(chunk)
        } catch (error) {
          failure = error
        }
      }
      rescuedBytes += chunk.byteLength
      if (rescuedBytes > RESCUE_LIMIT_BYTES) {
        throw new TempAudioError(`The temporary store failed and the clip is too large to carry in memory`, {
          cause: failure,
        })
      }
      rescuedChunks.push(new Uint8Array(chunk))
    },

    async commit(finalPlace: string) {
      if (failure) throw failure
      handle ??= await openNew(place)
      await handle.sync()
      await rename(place, finalPlace)
      place = finalPlace
      await syncDirectory(path.dirname(finalPlace))
      await handle.close()
      handle = undefined
    },

    abandon,

    async rescue(cause: unknown): Promise<TempAudioError> {
      const written = await writtenPart().catch(() => null)
      if (!written) await abandon()
      // Callers are told this: where on which disk is none of their business.
      const reason = describeError(cause).replace(/ '.*'$/, '')
      return new TempAudioError(`The temporary store could not keep the clip: ${reason}`, {
        cause,
        rescued: written ? new Blob([written, ...rescuedChunks]) : undefined,
        discard: abandon,
      })
    },
  }

  /** What reached the file, from the file; from the open handle where its directory has gone. */
  async function writtenPart(): Promise<Blob | null> {
    if (writtenBytes === 0) return new Blob([])
    const onDisk = await orNull(openBlob(place))
    if (onDisk) return onDisk.slice(0, writtenBytes)
    if (!handle || writtenBytes > RESCUE_LIMIT_BYTES) return null
    const { bytesRead, buffer } = await handle.read(new Uint8Array(writtenBytes), 0, writtenBytes, 0)
    return bytesRead === writtenBytes ? new Blob([buffer]) : null
  }
}

/** `openAsBlob` says of a missing file only that it could not be opened. */
async function openBlob(place: string): Promise<Blob> {
  try {
    return await openAsBlob(place)
  } catch (error) {
    await stat(place)
    throw error
  }
}

async function openNew(place: string): Promise<FileHandle> {
  try {
    return await open(place, 'wx+')
  } catch (error) {
    if (!isMissing(error)) throw error
    await mkdir(path.dirname(place), { recursive: true })
    return open(place, 'wx+')
  }
}

async function syncDirectory(directory: string) {
  const handle = await open(directory)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}
