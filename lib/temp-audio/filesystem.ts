import { type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { isClipId } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'
import { readFileParts } from '#lib/platform/file-parts.ts'
import { draftPath, nullIfMissing, openFileAsBlob, syncDirectory } from '#lib/platform/files.ts'
import { createGroupSync } from '#lib/platform/group-sync.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { fileVersion } from '#lib/platform/verified-files.ts'
import { type FailedPut, TempAudioError, type TempAudioStore } from './store.ts'

/** A clip that cannot be written is kept in memory up to this size, so that IPFS can still take it. */
const RESCUE_LIMIT_BYTES = 64 * MEBIBYTE
const UNFINISHED = '.partial'
/** How many names are read from the directory at once. */
const ENTRIES_AT_ONCE = 1000

/** Keeps clips as files in `directory`: each is written under a temporary name, synced, then renamed. */
export function createFilesystemStore(options: { directory: string }): TempAudioStore {
  const { directory } = options
  const placeOf = (id: string) => path.join(directory, id)
  const unfinishedPlaceOf = (id: string) => draftPath(placeOf(id), UNFINISHED)
  const syncNames = createGroupSync(() => syncDirectory(directory))

  return {
    async put(id, audio, { reserve } = {}) {
      if (!isClipId(id)) throw new TempAudioError(`"${id}" is no clip id`)
      const unfinished = unfinishedPlaceOf(id)
      const writer = createWriter(unfinished, { syncNames, reserve })
      try {
        for await (const chunk of audio) await writer.write(chunk)
      } catch (error) {
        await writer.abandon()
        throw error
      }
      try {
        await writer.commit(placeOf(id))
      } catch (error) {
        return writer.rescue(error)
      }
      return { status: 'kept', id, sizeBytes: writer.sizeBytes, storedAt: Date.now() }
    },

    async read(id, range, verify) {
      if (!isClipId(id)) return null
      return readFileParts(placeOf(id), async (facts, readAll) => {
        await verify?.(fileVersion(facts), readAll)
        const { start, end } = range ?? { start: 0, end: Number(facts.size) - 1 }
        return [{ offset: start, sizeBytes: end - start + 1 }]
      }).catch(nullIfMissing)
    },

    async blob(id) {
      return isClipId(id) ? openFileAsBlob(placeOf(id)).catch(nullIfMissing) : null
    },

    async version(id) {
      const facts = isClipId(id) ? await stat(placeOf(id), { bigint: true }).catch(nullIfMissing) : null
      return facts && fileVersion(facts)
    },

    async delete(id) {
      if (isClipId(id)) await rm(placeOf(id), { force: true })
    },

    async *list({ removeUnfinishedBefore, isKnown = () => false } = {}) {
      const entries = await opendir(directory, { bufferSize: ENTRIES_AT_ONCE }).catch(nullIfMissing)
      if (!entries) return
      for await (const entry of entries) {
        if (isClipId(entry.name) && isKnown(entry.name)) continue
        const place = path.join(directory, entry.name)
        const facts = entry.isFile() ? await stat(place).catch(nullIfMissing) : null
        if (!facts) continue
        if (isClipId(entry.name)) {
          yield { id: entry.name, sizeBytes: facts.size, storedAt: Math.floor(facts.mtimeMs) }
        } else if (entry.name.endsWith(UNFINISHED) && facts.mtimeMs < (removeUnfinishedBefore ?? 0)) {
          await rm(place, { force: true })
        }
      }
    },

    async check() {
      const probe = createWriter(unfinishedPlaceOf('check'), { syncNames })
      const place = unfinishedPlaceOf('check')
      try {
        await probe.write(Buffer.from('voicepin'))
        await probe.commit(place)
      } catch (error) {
        throw storeError('The temporary store cannot keep a file', error)
      } finally {
        await probe.abandon()
        await rm(place, { force: true }).catch(() => {})
      }
    },
  }
}

/** Callers see its message: it must not say where on the disk. */
function storeError(what: string, cause: unknown): TempAudioError {
  return new TempAudioError(`${what}: ${describeError(cause).replace(/ '.*'$/, '')}`, { cause })
}

interface WriterOptions {
  /** Makes the names in the directory durable. */
  syncNames: () => Promise<void>
  reserve?: ((sizeBytes: number) => Promise<void>) | undefined
}

/** Writes one clip. Once a write has failed, what follows is kept in memory, so that nothing of the clip is lost. */
function createWriter(unfinishedPlace: string, { syncNames, reserve }: WriterOptions) {
  let place = unfinishedPlace
  let isInPlace = false
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

  async function close() {
    await handle?.close().catch(() => {})
    handle = undefined
  }

  async function abandon() {
    await close()
    if (!isInPlace) await rm(place, { force: true }).catch(() => {})
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
        throw new TempAudioError(`The temporary store failed and the clip is too large to keep in memory`, {
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
      isInPlace = true
      await syncNames()
      await handle.close()
      handle = undefined
    },

    abandon,

    async rescue(cause: unknown): Promise<FailedPut> {
      const written = await writtenPart().catch(() => null)
      // What cannot be read now stays where it is.
      if (!written) await close()
      return {
        status: 'failed',
        error: storeError('The temporary store could not keep the clip', cause),
        rescued: written ? new Blob([written, ...rescuedChunks]) : undefined,
        discard: abandon,
      }
    },
  }

  /** What was written, read from the file; from the open handle where it cannot be opened again. */
  async function writtenPart(): Promise<Blob | null> {
    if (writtenBytes === 0) return new Blob([])
    const onDisk = await openFileAsBlob(place).catch(() => null)
    if (onDisk) return onDisk.slice(0, writtenBytes)
    if (!handle || writtenBytes > RESCUE_LIMIT_BYTES) return null
    const { bytesRead, buffer } = await handle.read(new Uint8Array(writtenBytes), 0, writtenBytes, 0)
    return bytesRead === writtenBytes ? new Blob([buffer]) : null
  }
}

/** Opens a new file; its directory is made where it is missing. */
async function openNew(place: string): Promise<FileHandle> {
  const handle = await open(place, 'wx+').catch(nullIfMissing)
  if (handle) return handle
  await mkdir(path.dirname(place), { recursive: true })
  return open(place, 'wx+')
}
