import { type Kysely, sql } from 'kysely'
import type { ClipNotes } from '#lib/model/clip.ts'
import type { Script, ScriptPiece } from '#lib/model/script.ts'
import { DAY_MS } from '#lib/platform/units.ts'
import { type Lease, unleased } from './leases.ts'
import { prepared } from './prepared.ts'
import type { Schema, ScriptPieceRow, ScriptRow } from './schema.ts'

/** How long an `Idempotency-Key` stands for its script. */
const KEY_KEPT_MS = DAY_MS
/** How many pieces one statement inserts. */
const INSERTED_AT_ONCE = 500

/** A script that nobody has begun to work on. `request`: what is to be spoken, as JSON. */
export type NewScript = Pick<
  Script,
  'id' | 'requestId' | 'caller' | 'reuseScope' | 'characters' | 'pieceCount' | 'createdAt'
> &
  Partial<ClipNotes> & { request: string; idempotencyKey: string | null; fingerprint: string | null }

export type NewPiece = Pick<ScriptPiece, 'number' | 'turn' | 'textStart' | 'textLength' | 'characters'>

type Db = Kysely<Schema>

/** Part of another transaction: whether `clipId` is the joined clip of a script, whose pieces were counted as spoken. */
export async function isJoinedClip(db: Db, clipId: string): Promise<boolean> {
  return (await scriptOf(db, { clipId })).rows.length > 0
}

const scriptOf = prepared((db, { clipId }: { clipId: string }) =>
  db.selectFrom('scripts').select('id').where('clipId', '=', clipId),
)

/** The script, if it still goes on under the lease of `owner`. */
export const leasedBy = (db: Db, id: string, owner: string) =>
  db
    .selectFrom('scripts')
    .select('id')
    .where('id', '=', id)
    .where('state', '=', 'speaking')
    .where('leaseOwner', '=', owner)

const unspoken = { clipId: null, isSpoken: 0, isReused: 0, durationMs: null, lostAttempts: 0 }

/** Part of a transaction. `lease`: who works on it from the beginning. */
export async function insertScript(
  db: Db,
  script: NewScript,
  pieces: NewPiece[],
  lease?: Lease,
): Promise<void> {
  const unbegun = { failedRounds: 0, lastError: null, errorCode: null, clipId: null, endedAt: null }
  const leased = lease ? { leaseOwner: lease.owner, leaseExpiresAt: lease.expiresAt } : unleased
  await db
    .insertInto('scripts')
    .values({
      ...script,
      ...unbegun,
      ...leased,
      metadata: script.metadata ? JSON.stringify(script.metadata) : null,
      state: 'speaking',
      nextAttemptAt: script.createdAt,
    })
    .execute()
  for (let first = 0; first < pieces.length; first += INSERTED_AT_ONCE) {
    const some = pieces.slice(first, first + INSERTED_AT_ONCE)
    const rows = some.map((piece) => ({ ...piece, ...unspoken, scriptId: script.id }))
    await db.insertInto('scriptPieces').values(rows).execute()
  }
}

/** Part of a transaction: a piece that is about to be spoken as clip `clipId`. */
export async function insertPiece(
  db: Db,
  scriptId: string,
  piece: NewPiece & { clipId: string },
): Promise<void> {
  await db
    .insertInto('scriptPieces')
    .values({ ...unspoken, ...piece, scriptId })
    .execute()
}

/** The script that was created under `key` within a day. */
export function findScriptByKey(db: Db, key: string, now: number) {
  return db
    .selectFrom('scripts')
    .select(['id', 'fingerprint'])
    .where('idempotencyKey', '=', key)
    .where('createdAt', '>', now - KEY_KEPT_MS)
    .orderBy('createdAt', 'desc')
    .executeTakeFirst()
}

const columns = [
  ...(['id', 'state', 'requestId', 'caller', 'reuseScope', 'characters', 'pieceCount', 'clipId'] as const),
  ...(['label', 'metadata'] as const),
  ...(['createdAt', 'endedAt', 'failedRounds', 'nextAttemptAt', 'lastError', 'errorCode'] as const),
]

/** A script without its text, which is long. */
export async function findScript(db: Db, column: 'id' | 'clipId', value: string): Promise<Script | null> {
  const row = await db.selectFrom('scripts').select(columns).where(column, '=', value).executeTakeFirst()
  return row ? withProgress(db, row) : null
}

/** `row`, with how much of it is spoken. */
export async function withProgress(db: Db, row: Pick<ScriptRow, (typeof columns)[number]>): Promise<Script> {
  const spoken = await db
    .selectFrom('scriptPieces')
    .select([
      sql<number | null>`sum(is_spoken)`.as('pieces'),
      sql<number | null>`sum(is_spoken * characters)`.as('characters'),
    ])
    .where('scriptId', '=', row.id)
    .executeTakeFirstOrThrow()
  const known = Object.fromEntries(columns.map((column) => [column, row[column]])) as typeof row
  const metadata = known.metadata === null ? null : JSON.parse(known.metadata)
  return { ...known, metadata, spokenPieces: spoken.pieces ?? 0, spokenCharacters: spoken.characters ?? 0 }
}

export function toPiece({ scriptId: _, isSpoken, isReused, ...piece }: ScriptPieceRow): ScriptPiece {
  return { ...piece, isSpoken: isSpoken === 1, isReused: isReused === 1 }
}
