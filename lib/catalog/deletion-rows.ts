/** Who has asked for a deletion: the key that made the clip, or the operator. */
export type DeletedBy = 'maker' | 'operator'

/** A clip that is deleted wherever it is. `doneAt`: nothing more can be done. */
export interface DeletionRow {
  clipId: string
  requestedAt: number
  requestedBy: DeletedBy
  doneAt: number | null
  failedRounds: number
  nextAttemptAt: number
  lastError: string | null
  leaseOwner: string | null
  leaseExpiresAt: number | null
}

/**
 * A provider that holds a deleted clip as `cid`, or may hold it.
 *
 * - `pinned`: it is still to be asked
 * - `unpinned`: it has ended the pin
 * - `shared`: another clip has the same content, and with the last of these clips the pin is to go
 * - `kept`: it will not end the pin; `error` says why
 */
export interface DeletionTarget {
  clipId: string
  provider: string
  cid: string
  outcome: 'pinned' | 'unpinned' | 'shared' | 'kept'
  error: string | null
}
