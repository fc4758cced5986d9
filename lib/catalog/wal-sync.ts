import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'
import { describeError, markedError } from '#lib/platform/errors.ts'
import { syncDirectory } from '#lib/platform/files.ts'
import { createGroupSync } from '#lib/platform/group-sync.ts'

/** The write-ahead log could not be synced: what was committed may not outlive a crash of the machine. */
export class WalSyncError extends markedError('WalSyncError') {}

/** Syncs a file. Not on the event loop. */
export type Datasync = (file: FileHandle) => Promise<void>

/** Makes what a connection to SQLite has committed durable. */
export interface WalSync {
  /**
   * Resolves once everything that was committed before the call outlives a crash of the machine. Calls that are made while
   * a sync goes on share the next one.
   *
   * @throws WalSyncError from the first failure on, at every call
   */
  sync(): Promise<void>
  /** Syncs once more for those who still wait. Never rejects. */
  close(): Promise<void>
}

/**
 * Syncs the write-ahead log of the SQLite database `file` in place of SQLite, which commits with `synchronous = NORMAL`: a
 * commit then has written its frames to the log and not synced them. Node.js syncs in a thread of its own, so that the
 * event loop goes on, and one sync does for all commits that were made before it began.
 *
 * Why that is as durable as `synchronous = FULL`:
 *
 * - The frames of a commit lie in the log before it returns, and a sync takes all that a file has, whoever wrote it and
 *   by whichever handle, other processes included. The log is read up to its last whole commit, by checksums that run
 *   from frame to frame: what was written after the sync and is torn harms nothing before it.
 * - The log begins anew only after all of it was copied into the database, and in this mode SQLite syncs the log before
 *   it copies and the database after. A commit that is no longer in the log when it is synced is in a synced database.
 * - The file stays the same as long as a connection has it open. Its name is made durable once, with that of the
 *   database. No lock is on it, so that closing a handle of ours gives none of SQLite's away.
 * - After a failure nobody knows what the disk has: the system may count the pages as written and report the next sync
 *   as well. So none is tried any more; the connection counts as broken, and the next one reads the log by its
 *   checksums. The handle stays open from the first sync on, so that it learns of every failure since.
 *
 * @see https://sqlite.org/wal.html
 * @see https://sqlite.org/pragma.html#pragma_synchronous
 */
export function createWalSync(file: string, datasync: Datasync): WalSync {
  let opening: Promise<FileHandle> | undefined
  let failure: WalSyncError | undefined

  async function openLog() {
    const log = await open(`${file}-wal`, 'r+')
    try {
      await syncDirectory(path.dirname(path.resolve(file)))
      return log
    } catch (error) {
      await log.close().catch(() => {})
      throw error
    }
  }

  async function syncOnce() {
    if (failure) throw failure
    try {
      opening ??= openLog()
      await datasync(await opening)
    } catch (cause) {
      failure = new WalSyncError(`The log could not be synced: ${describeError(cause)}`, { cause })
      throw failure
    }
  }

  const sync = createGroupSync(syncOnce)

  return {
    sync,
    async close() {
      const log = await opening?.catch(() => undefined)
      if (!log) return
      await sync().catch(() => {})
      await log.close().catch(() => {})
    },
  }
}
