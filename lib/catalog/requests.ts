import type { Kysely } from 'kysely'
import { type Clip, isOver } from '#lib/model/clip.ts'
import { findClip } from './clip-transitions.ts'
import type { Database } from './connection.ts'
import { addToCounters } from './counters.ts'
import { leaseLeftMs } from './leases.ts'
import { type Schema, toClip } from './schema.ts'

/** How long it may take from a claim to the record of the clip that it names. */
const RECORD_DELAY_MS = 10_000

export interface RequestClaim {
  /** A keyed hash of the request. */
  hash: string
  /** The clip that is to be spoken for it, unless there is one already. */
  clipId: string
  /** A clip of an earlier claim of which nothing is left. */
  lost?: string | undefined
  /** Nothing is claimed: where it would be, the answer is `ours` all the same. */
  onlyLooks?: boolean
  /** The name of the process that claims it. */
  owner: string
  now: number
  /** Clips from before this are not reused. */
  notBefore: number
  /** How long a temporary clip that is given again lives at least. */
  expiresAt: number
}

/**
 * Who answers for a request:
 *
 * - `ours`: nobody yet, so the caller is to speak clip `clipId`
 * - `spoken`: this clip exists and can be given again
 * - `speaking`: it is being spoken now; ask again
 * - `abandoned`: its process died and may have left bytes of this clip; claim again once that is known
 */
export type RequestOwner =
  | { status: 'ours' }
  | { status: 'spoken'; clip: Clip }
  | { status: 'speaking' }
  | { status: 'abandoned'; clipId: string }

/** Which clip answers which request, so that none is paid for twice. Holds hashes, never texts. */
export interface Requests {
  claim(claim: RequestClaim): Promise<RequestOwner>
  /** The clip of a claim could not be spoken: the next request is to speak it. */
  giveUp(hash: string, clipId: string): Promise<void>
  /** Counts characters that were not paid for because their clip existed. */
  countSaved(characters: number): Promise<void>
}

export function createRequests({ run, transaction }: Database): Requests {
  return {
    async claim(claim) {
      // Most requests are new: one statement claims those.
      if (!claim.onlyLooks && (await run((db) => insertRequest(db, claim)))) return { status: 'ours' }
      for (;;) {
        const exclusive = `request ${claim.hash}`
        const owner = await transaction((db) => claimRequest(db, claim), { exclusive })
        if (owner) return owner
      }
    },

    giveUp: (hash, clipId) =>
      run(async (db) => {
        await db.deleteFrom('requests').where('hash', '=', hash).where('clipId', '=', clipId).execute()
      }),

    countSaved: (characters) =>
      run((db) => addToCounters(db, [{ name: 'characters_saved', value: characters }])),
  }
}

/** Returns whether nobody had claimed it before. */
async function insertRequest(
  db: Kysely<Schema>,
  { hash, clipId, now, owner }: RequestClaim,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('requests')
    .values({ hash, clipId, claimedAt: now, leaseOwner: owner })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows > 0n
}

/** Part of an exclusive transaction. `undefined` where another call has claimed it, or given it up, since it was looked up. */
async function claimRequest(db: Kysely<Schema>, claim: RequestClaim): Promise<RequestOwner | undefined> {
  const { hash, clipId, lost, onlyLooks = false, owner: self, now, notBefore, expiresAt } = claim
  const known = await db.selectFrom('requests').selectAll().where('hash', '=', hash).executeTakeFirst()
  if (known && known.claimedAt >= notBefore) {
    const clip = await findClip(db, known.clipId)
    if (!clip || clip.state === 'speaking') {
      const { leaseOwner, claimedAt } = known
      const lease = clip ?? { leaseOwner, leaseExpiresAt: claimedAt + RECORD_DELAY_MS }
      if (leaseLeftMs(lease, { now, self }) > 0) return { status: 'speaking' }
      if (known.clipId !== lost) return { status: 'abandoned', clipId: known.clipId }
    } else if (canBeGiven(clip)) {
      const prolonged = await prolong(db, clip, expiresAt)
      if (prolonged) return { status: 'spoken', clip: prolonged }
    }
  }
  if (onlyLooks) return { status: 'ours' }
  if (!known) return (await insertRequest(db, claim)) ? { status: 'ours' } : undefined
  const { numUpdatedRows } = await db
    .updateTable('requests')
    .set({ clipId, claimedAt: now, leaseOwner: self })
    .where('hash', '=', hash)
    .executeTakeFirst()
  return numUpdatedRows > 0n ? { status: 'ours' } : undefined
}

/** The clip with its time prolonged to `expiresAt`; `undefined` where it has just expired. */
async function prolong(db: Kysely<Schema>, clip: Clip, expiresAt: number): Promise<Clip | undefined> {
  if (clip.permanentUrl !== null || clip.expiresAt >= expiresAt) return clip
  const row = await db
    .updateTable('clips')
    .set({ expiresAt })
    .where('id', '=', clip.id)
    .where('state', 'not in', ['expired', 'deleted'])
    .returningAll()
    .executeTakeFirst()
  return row && toClip(row)
}

/** A stored clip without an address was lost by all its providers: it can be given again while its bytes are here. */
function canBeGiven({ state, permanentUrl, hasLocalBytes }: Clip): boolean {
  return state === 'stored' ? permanentUrl !== null || hasLocalBytes : !isOver({ state })
}
