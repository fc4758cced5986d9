import type { ByteIterator } from '#lib/platform/byte-iterator.ts'
import { markedError } from '#lib/platform/errors.ts'

/** A clip's bytes as the store holds them. */
export interface StoredAudio {
  id: string
  sizeBytes: number
  /** When the bytes were committed, in milliseconds since the epoch. */
  storedAt: number
}

/** Bytes that a store was given and could not keep. They are not lost yet. */
export interface FailedPut {
  status: 'failed'
  error: TempAudioError
  /** All bytes that were given, readable until `discard` is called; `undefined` where not even that was possible. */
  rescued: Blob | undefined
  /** Deletes whatever is left of them, but not a clip that is in its place already: that is for `delete`. */
  discard(): Promise<void>
  /**
   * In place of `discard`, where the bytes are durable on this machine all the same: has them wait there until the store
   * takes them.
   */
  keep?: (() => void) | undefined
}

/** What came of the bytes that a store was given. */
export type PutResult = ({ status: 'kept' } & StoredAudio) | FailedPut

export interface ListOptions {
  /** Is asked once for each clip. */
  isKnown?: (id: string) => boolean
  removeUnfinishedBefore?: number
}

/**
 * Bytes by clip id, committed whole or not at all. Missing is `null`; everything else that goes wrong is thrown.
 *
 * An id that is not a clip id is treated as missing and never reaches the file system.
 */
export interface TempAudioStore {
  /**
   * Streams `audio` in and makes it durable: once it is `kept`, a crash loses nothing.
   *
   * `reserve` is called before more is written, with the new total in bytes; where it rejects, the store counts as full.
   *
   * @throws TempAudioError for an id that is not a clip id, and when the bytes can neither be kept nor rescued
   * @throws whatever `audio` throws; nothing is kept then
   */
  put(
    id: string,
    audio: AsyncIterable<Uint8Array>,
    options?: { reserve?: (sizeBytes: number) => Promise<void> },
  ): Promise<PutResult>
  /**
   * The bytes from `start` to `end` (both inclusive, as in RFC 9110), the whole clip without a range. Stores that leave it to
   * their caller to verify bytes call `verify` before that, with the version of the very file that is then read.
   *
   * @throws what `verify` throws
   */
  read(
    id: string,
    range?: { start: number; end: number },
    verify?: (version: string, readAll: () => AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<ByteIterator | null>
  /** The bytes as a blob that streams from the store each time it is read. */
  blob(id: string): Promise<Blob | null>
  /**
   * What changes when the file of a clip does, so that it has to be verified again; `null` where there is none. Only
   * stores that leave it to their caller to verify bytes have this.
   */
  version?(id: string): Promise<string | null>
  delete(id: string): Promise<void>
  /**
   * All committed clips, save those that `isKnown` says yes to: these are not looked at. With `removeUnfinishedBefore`
   * (milliseconds since the epoch) it also deletes what writes that crashed before then left behind.
   */
  list(options?: ListOptions): AsyncIterable<StoredAudio>
  /**
   * Resolves if a clip could be kept now, by keeping something else. `isHereEnough`: where it would wait on this machine
   * for a bucket that fails, that counts as kept.
   *
   * @throws Error that says why not
   */
  check(options?: { isHereEnough?: boolean }): Promise<void>
}

/** The store could not keep the bytes: full, read-only, gone. */
export class TempAudioError extends markedError('TempAudioError') {}
