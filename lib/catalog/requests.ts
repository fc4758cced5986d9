import type { Kysely } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import type { Database } from './connection.ts'
import { addToCounters } from './counters.ts'
import { type Schema, toClip } from './schema.ts'

/** How long it may take from a claim to the record of the clip that it names. */
const RECORD_DELAY_MS = 10_000

export interface RequestClaim {
  /** A keyed hash of the request. */
  hash: string
  /** The clip that is to be spoken for it, unless there is one already. */
  clipId: string
  now: number
  /** Clips from before this are not reused. */
  notBefore: number
  /** Whether clips that wait for IPFS outlive their time. */
  keepsPending: boolean
  /** How long a temporary clip that is given again lives at least. */
  expiresAt: number
}

/**
 * Who answers for a request:
 *
 * - `ours`: nobody yet, so the caller is to speak clip `clipId`
 * - `spoken`: this clip exists and can be given again
 * - `speaking`: it is being spoken now; ask again
 */
export type RequestOwner = { status: 'ours' } | { status: 'spoken'; clip: Clip } | { status: 'speaking' }

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
    claim: ({ hash, clipId, now, notBefore, keepsPending, expiresAt }) =>
      transaction(
        async (db) => {
          const known = await db
            .selectFrom('requests')
            .selectAll()
            .where('hash', '=', hash)
            .executeTakeFirst()
          if (known && known.claimedAt >= notBefore) {
            const row = await db
              .selectFrom('clips')
              .selectAll()
              .where('id', '=', known.clipId)
              .executeTakeFirst()
            const owner = ownerOf(row && toClip(row), known.claimedAt, now, keepsPending)
            const clip = owner?.status === 'spoken' ? await prolong(db, owner.clip, expiresAt) : undefined
            if (clip) return { status: 'spoken', clip }
            if (owner?.status === 'speaking') return owner
          }
          await db
            .insertInto('requests')
            .values({ hash, clipId, claimedAt: now })
            .onConflict((conflict) => conflict.column('hash').doUpdateSet({ clipId, claimedAt: now }))
            .execute()
          return { status: 'ours' }
        },
        { exclusive: `request ${hash}` },
      ),

    giveUp: (hash, clipId) =>
      run(async (db) => {
        await db.deleteFrom('requests').where('hash', '=', hash).where('clipId', '=', clipId).execute()
      }),

    countSaved: (characters) =>
      run((db) => addToCounters(db, [{ name: 'characters_saved', value: characters }])),
  }
}

/** The clip with its time prolonged to `expiresAt`; `undefined` where it has just expired. */
async function prolong(db: Kysely<Schema>, clip: Clip, expiresAt: number): Promise<Clip | undefined> {
  if (clip.permanentUrl !== null || clip.expiresAt >= expiresAt) return clip
  const row = await db
    .updateTable('clips')
    .set({ expiresAt })
    .where('id', '=', clip.id)
    .where('state', '<>', 'expired')
    .returningAll()
    .executeTakeFirst()
  return row && toClip(row)
}

function ownerOf(clip: Clip | undefined, claimedAt: number, now: number, keepsPending: boolean) {
  const isFresh = Math.abs(now - claimedAt) < RECORD_DELAY_MS
  if (!clip) return isFresh ? ({ status: 'speaking' } as const) : undefined
  if (clip.state === 'speaking') {
    return (clip.leaseExpiresAt ?? 0) > now ? ({ status: 'speaking' } as const) : undefined
  }
  // A stored clip without an address was lost by all its providers: it can be given again while its bytes are here.
  const isAlive =
    clip.state === 'stored'
      ? clip.permanentUrl !== null || clip.hasLocalBytes
      : clip.state !== 'expired' && (keepsPending || now < clip.expiresAt)
  return isAlive ? ({ status: 'spoken', clip } as const) : undefined
}
