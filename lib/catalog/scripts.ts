import { sql } from 'kysely'
import type { Script } from '#lib/model/script.ts'
import type { Database } from './connection.ts'
import type { Emit } from './events.ts'
import { claimRows, type Lease, unleased } from './leases.ts'
import { createLiveScripts, type LiveScripts } from './live-scripts.ts'
import { createScriptPieces, type ScriptPieces } from './script-pieces.ts'
import {
  findScript,
  findScriptByKey,
  insertScript,
  leasedBy,
  type NewPiece,
  type NewScript,
  withProgress,
} from './script-rows.ts'

export type { NewPiece, NewScript } from './script-rows.ts'

/** A script that this process works on. `request`: what is to be spoken, as JSON. */
export type LeasedScript = Script & { request: string }

export interface FailedScriptRound {
  owner: string
  error: string
  errorCode: string
  nextAttemptAt: number
}

/** How a script ended. `owner`: whose lease it must be under; anybody may end it where there is none. */
export type ScriptEnd = { endedAt: number; owner?: string } & (
  | { state: 'joined' | 'cancelled' }
  | { state: 'failed'; error: string; errorCode: string }
)

/** The long texts. They are worked on under leases, and only the process that has the lease changes them. */
export interface Scripts extends ScriptPieces, LiveScripts {
  /** Records a script. `false` where there is one under its key. `lease`: who works on it from the beginning. */
  create(script: NewScript, pieces: NewPiece[], lease?: Lease): Promise<boolean>
  find(id: string): Promise<Script | null>
  /** The script that was created under a key within a day, and the fingerprint of its request. */
  findByKey(key: string, now: number): Promise<{ id: string; fingerprint: string | null } | undefined>
  /** The script whose joined clip this is. */
  findByClip(clipId: string): Promise<Script | null>
  /**
   * Takes a lease on a script that is due: of the caller fewest of whose scripts are worked on, the one that has been due
   * for longest.
   */
  claim(claim: { now: number; lease: Lease }): Promise<LeasedScript | undefined>
  /** Prolongs the leases of a process on all of `ids` that it still has. */
  renew(ids: string[], lease: Lease): Promise<void>
  /** Gives a lease back: others that have been due for longer come first. */
  giveBack(id: string, given: { owner: string; now: number }): Promise<void>
  /** Ends all leases of `owner`, and changes nothing else. */
  release(owner: string): Promise<void>
  /** The owners of all leases that are held. */
  owners(): Promise<string[]>
  /** The pieces are about to be joined as clip `clipId`. `false` as above. */
  assignClip(id: string, joined: { clipId: string; owner: string }): Promise<boolean>
  /** A round failed: wait until `nextAttemptAt`. */
  postpone(id: string, round: FailedScriptRound): Promise<void>
  /** Ends a script, and deletes its text. `false` where it has ended already, or the lease was lost. */
  end(id: string, end: ScriptEnd): Promise<boolean>
}

/** How many scripts of the same caller are worked on. */
const underWork = (now: number) => sql<number>`(
  select count(*) from scripts as others where others.state = 'speaking'
    and others.lease_expires_at > ${now} and others.caller = scripts.caller
)`

export function createScripts(database: Database, emit: Emit): Scripts {
  const { read, run, transaction } = database
  const changed = (scriptId: string) => emit({ type: 'script_changed', scriptId })
  const due = (dueAt: number) => emit({ type: 'script_due', dueAt })

  return {
    ...createScriptPieces(database, changed),
    ...createLiveScripts(database, changed),

    async create(script, pieces, lease) {
      const { idempotencyKey, createdAt } = script
      const isCreated = await transaction(
        async (db) => {
          if (idempotencyKey && (await findScriptByKey(db, idempotencyKey, createdAt))) return false
          await insertScript(db, script, pieces, lease)
          return true
        },
        { exclusive: `script ${idempotencyKey ?? script.id}` },
      )
      if (isCreated && !lease) due(createdAt)
      return isCreated
    },

    find: (id) => read((db) => findScript(db, 'id', id)),

    findByKey: (key, now) => read((db) => findScriptByKey(db, key, now)),

    findByClip: (clipId) => read((db) => findScript(db, 'clipId', clipId)),

    async claim({ now, lease }) {
      const claimed = await run(async (db) => {
        const among = db
          .selectFrom('scripts')
          .select('id')
          .where('state', '=', 'speaking')
          .where('nextAttemptAt', '<=', now)
          .orderBy(underWork(now))
          .orderBy('nextAttemptAt')
        const [row] = await claimRows(db, 'scripts', { among, limit: 1, now, lease })
        return row
      })
      if (!claimed) return undefined
      return { ...(await read((db) => withProgress(db, claimed))), request: claimed.request ?? '' }
    },

    renew: (ids, { owner, expiresAt }) =>
      run(async (db) => {
        await db
          .updateTable('scripts')
          .set({ leaseExpiresAt: expiresAt })
          .where('id', 'in', ids)
          .where('leaseOwner', '=', owner)
          .execute()
      }),

    async giveBack(id, { owner, now }) {
      await run((db) =>
        db
          .updateTable('scripts')
          .set({ ...unleased, nextAttemptAt: now })
          .where('id', '=', id)
          .where('leaseOwner', '=', owner)
          .execute(),
      )
      due(now)
    },

    release: (owner) =>
      run(async (db) => {
        await db.updateTable('scripts').set(unleased).where('leaseOwner', '=', owner).execute()
      }),

    owners: () =>
      read(async (db) => {
        const rows = await db
          .selectFrom('scripts')
          .select('leaseOwner')
          .distinct()
          .where('state', '=', 'speaking')
          .where('leaseOwner', 'is not', null)
          .execute()
        return rows.map(({ leaseOwner }) => leaseOwner as string)
      }),

    assignClip: (id, { clipId, owner }) =>
      run(async (db) => {
        const { numUpdatedRows } = await db
          .updateTable('scripts')
          .set({ clipId })
          .where('id', 'in', leasedBy(db, id, owner))
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),

    async postpone(id, { owner, error, errorCode, nextAttemptAt }) {
      await run((db) =>
        db
          .updateTable('scripts')
          .set({ ...unleased, lastError: error, errorCode, nextAttemptAt })
          .set((eb) => ({ failedRounds: eb('failedRounds', '+', 1) }))
          .where('id', '=', id)
          .where('state', '=', 'speaking')
          .where('leaseOwner', '=', owner)
          .execute(),
      )
      changed(id)
      due(nextAttemptAt)
    },

    async end(id, { state, endedAt, owner, ...failure }) {
      const why = 'error' in failure ? failure : { error: null, errorCode: null }
      const { numUpdatedRows } = await run((db) => {
        let update = db
          .updateTable('scripts')
          .set({ ...unleased, state, endedAt, request: null, lastError: why.error, errorCode: why.errorCode })
          .where('id', '=', id)
          .where('state', '=', 'speaking')
        if (owner !== undefined) update = update.where('leaseOwner', '=', owner)
        return update.executeTakeFirst()
      })
      changed(id)
      return numUpdatedRows > 0n
    },
  }
}
