import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Database } from './connection.ts'
import { createCounters } from './counters.ts'
import { pruneClips, pruneScripts } from './record-pruning.ts'
import { type ClipRow, type Schema, toClip } from './schema.ts'

/** How many rows one statement reads, or looks at. */
const AT_ONCE = 500

/** One record of an export. `type`: what it is of. */
export interface ExportedRecord {
  type: string
  record: object
}

/** All records together. */
export interface Records {
  /**
   * Every record that lasts, page by page, table by table. What is changed meanwhile is in it as it was or as it is; what is
   * there all the time is in it once.
   */
  pages(): AsyncGenerator<ExportedRecord[]>
  /**
   * Deletes the records of clips and scripts from before `before` that have come to their end. What still has bytes here, is worked on or
   * waits for anything stays. Counters and totals do not change. Returns how many clips and scripts went.
   */
  prune(before: number, signal: AbortSignal): Promise<number>
}

type Row = Record<string, unknown>

interface Exported {
  type: string
  table: keyof Schema
  key: readonly [string, ...string[]]
}

const exported: readonly Exported[] = [
  { type: 'clip', table: 'clips', key: ['id'] },
  { type: 'captions', table: 'captions', key: ['clipId'] },
  { type: 'pin', table: 'pins', key: ['clipId', 'provider'] },
  { type: 'attempt', table: 'attempts', key: ['id'] },
  { type: 'deletion', table: 'deletions', key: ['clipId'] },
  { type: 'deletion_target', table: 'deletionTargets', key: ['clipId', 'provider', 'cid'] },
  { type: 'script', table: 'scripts', key: ['id'] },
  { type: 'script_piece', table: 'scriptPieces', key: ['scriptId', 'number'] },
  { type: 'speech_attempt', table: 'speechAttempts', key: ['id'] },
  { type: 'daily_characters', table: 'dailyCharacters', key: ['day', 'caller'] },
]

/** Columns that are about the work on a record and not about the record. */
const internal = ['leaseOwner', 'leaseExpiresAt', 'idempotencyKey', 'fingerprint']

export function createRecords(database: Database): Records {
  const { read } = database

  async function* pagesOf({ table, key }: Exported): AsyncGenerator<Row[]> {
    const columns = sql.join(key.map((column) => sql.ref(column)))
    for (let last: Row | undefined; ; ) {
      const after: RawBuilder<SqlBool> = last
        ? sql`(${columns}) > (${sql.join(key.map((column) => last?.[column]))})`
        : sql`true`
      const { rows } = await read((db) =>
        sql<Row>`select * from ${sql.table(table)} where ${after} order by ${columns} limit ${sql.lit(AT_ONCE)}`.execute(
          db,
        ),
      )
      if (rows.length > 0) yield rows
      if (rows.length < AT_ONCE) return
      last = rows.at(-1)
    }
  }

  return {
    async *pages() {
      for (const each of exported) {
        for await (const rows of pagesOf(each)) {
          yield rows.map((row) => ({ type: each.type, record: asRecord(each.table, row) }))
        }
      }
      const counters = Object.entries(await createCounters(database).read())
      yield counters.flatMap(([name, values]) =>
        Object.entries(values).map(([label, value]) => ({ type: 'counter', record: { name, label, value } })),
      )
    },

    async prune(before, signal) {
      let pruned = 0
      for (let after: Pick<ClipRow, 'createdAt' | 'id'> | undefined; !signal.aborted; ) {
        const rows = await read((db) => {
          const old = db.selectFrom('clips').select(['createdAt', 'id']).where('createdAt', '<', before)
          const rest = after
            ? old.where(sql<SqlBool>`(created_at, id) > (${after.createdAt}, ${after.id})`)
            : old
          return rest.orderBy('createdAt').orderBy('id').limit(AT_ONCE).execute()
        })
        pruned += await pruneClips(
          database,
          rows.map(({ id }) => id),
        )
        if (rows.length < AT_ONCE) break
        after = rows.at(-1)
      }
      return pruned + (signal.aborted ? 0 : await pruneScripts(database, before))
    },
  }
}

function asRecord(table: keyof Schema, row: Row): Row {
  const whole = table === 'clips' ? (toClip(row as unknown as ClipRow) as unknown as Row) : row
  return Object.fromEntries(Object.entries(whole).filter(([column]) => !internal.includes(column)))
}
