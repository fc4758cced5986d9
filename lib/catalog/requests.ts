import { type Kysely, sql } from 'kysely'
import { type Clip, isOver } from '#lib/model/clip.ts'
import { findClip } from './clip-transitions.ts'
import type { Database } from './connection.ts'
import type { CounterBuffer } from './counter-buffer.ts'
import { leaseLeftMs } from './leases.ts'
import { prepared } from './prepared.ts'
import { type ClipRow, type Schema, toClip } from './schema.ts'

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
  /** Counts characters that were not paid for because their clip existed; it is written within a second. */
  countSaved(characters: number): void
}

export function createRequests(
  { read, run, transaction, atOnce }: Database,
  counterBuffer: CounterBuffer,
): Requests {
  /** Claims what nobody has claimed, and finds what can be given as it is; `undefined` where more is to be done. */
  async function claimSimply(claim: RequestClaim): Promise<RequestOwner | undefined> {
    const first = claim.onlyLooks ? undefined : await atOnce((db) => claimAtOnce(db, claim))
    if (first?.isOurs) return { status: 'ours' }
    const clip = first ? first.clip : await read((db) => findClaimed(db, claim))
    if (clip && canBeGiven(clip) && livesUntil(clip, claim.expiresAt)) return { status: 'spoken', clip }
    const isNew = !first && !clip && !claim.onlyLooks
    return isNew && (await run((db) => insertRequest(db, claim))) ? { status: 'ours' } : undefined
  }

  return {
    async claim(claim) {
      // Most requests are new, or can be answered without a change.
      const simply = await claimSimply(claim)
      if (simply) return simply
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

    countSaved: (characters) => counterBuffer.add({ name: 'characters_saved', value: characters }),
  }
}

/** Clips are reused for ever by default: a bigint knows no infinity. */
const sinceOf = (notBefore: number) => Math.max(0, notBefore)

/**
 * Claims a request that nobody has claimed. Otherwise the clip of the claim, unless that was made before `notBefore`;
 * `undefined` where it has no record. For `atOnce`.
 */
async function claimAtOnce(
  db: Kysely<Schema>,
  { hash, clipId, now, owner, notBefore }: RequestClaim,
): Promise<{ isOurs: boolean; clip: Clip | undefined }> {
  const { rows } = await sql<{ isOurs: boolean; id: string | null }>`with
    claimed as (
      insert into requests (hash, clip_id, claimed_at, lease_owner) values (${hash}, ${clipId}, ${now}, ${owner})
      on conflict do nothing returning hash
    )
    select exists (select from claimed) as is_ours, known.* from (values (1)) one left join lateral (
      select clips.* from requests join clips on clips.id = requests.clip_id
      where requests.hash = ${hash} and requests.claimed_at >= ${sinceOf(notBefore)}
    ) known on true`.execute(db)
  const { isOurs, ...row } = rows[0] ?? { isOurs: false, id: null }
  return { isOurs, clip: row.id === null ? undefined : toClip(row as ClipRow) }
}

/** The clip of a claim that was made after `notBefore`, if it has a record. */
async function findClaimed(db: Kysely<Schema>, { hash, notBefore }: RequestClaim): Promise<Clip | undefined> {
  const [row] = (await clipOf(db, { hash, since: sinceOf(notBefore) })).rows
  return row && toClip(row)
}

const clipOf = prepared((db, { hash, since }: { hash: string; since: number }) =>
  db
    .selectFrom('requests')
    .innerJoin('clips', 'clips.id', 'requests.clipId')
    .selectAll('clips')
    .where('requests.hash', '=', hash)
    .where('requests.claimedAt', '>=', since),
)

/** Returns whether nobody had claimed it before. */
async function insertRequest(
  db: Kysely<Schema>,
  { hash, clipId, now, owner }: RequestClaim,
): Promise<boolean> {
  const { numAffectedRows = 0n } = await insert(db, { hash, clipId, claimedAt: now, leaseOwner: owner })
  return numAffectedRows > 0n
}

const insert = prepared((db, row: Schema['requests']) =>
  db
    .insertInto('requests')
    .values(row)
    .onConflict((conflict) => conflict.doNothing()),
)

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
    }
    if (clip && canBeGiven(clip)) {
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
  if (livesUntil(clip, expiresAt)) return clip
  const row = await db
    .updateTable('clips')
    .set({ expiresAt })
    .where('id', '=', clip.id)
    .where('state', 'not in', ['expired', 'deleted'])
    .returningAll()
    .executeTakeFirst()
  return row && toClip(row)
}

const livesUntil = (clip: Clip, expiresAt: number) =>
  clip.permanentUrl !== null || clip.expiresAt >= expiresAt

/** A stored clip without an address was lost by all its providers: it can be given again while its bytes are here. */
function canBeGiven({ state, permanentUrl, hasLocalBytes }: Clip): boolean {
  if (state === 'speaking') return false
  return state === 'stored' ? permanentUrl !== null || hasLocalBytes : !isOver({ state })
}
