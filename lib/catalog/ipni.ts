import { type Kysely, sql } from 'kysely'
import type { Database } from './connection.ts'
import { clipIdBatches } from './id-batches.ts'
import type { IpniChainRow, Schema } from './schema.ts'

/** Content that was pinned or lost since it was last advertised. */
export interface IpniChange {
  cid: string
  version: number
  /** The context under which it is advertised. */
  context: string | null
  /** 1 where the provider `embedded` holds it. */
  isHeld: number
}

/** One step of the chain, which happens as a whole or not at all. */
export interface IpniStep {
  /** The head that the step is built on. */
  previous: string | null
  head: string | null
  address: string
  blocks: readonly { cid: { toString(): string }; body: string }[]
  /** What is taken care of, as it was read. */
  changes: readonly IpniChange[]
  removedContexts: readonly string[]
  added: readonly { cid: string; context: string }[]
  now: number
}

/**
 * The chain of advertisements, and the content that it is still to tell of. Triggers on `pins` record that once the
 * chain has begun, so that whatever deletes or adds a pin need not know of it.
 */
export interface Ipni {
  /**
   * Begins the chain of `peerId` where there is none, and anew where it is another's. Then records all content that is
   * not advertised yet.
   */
  begin(peerId: string, now: number): Promise<void>
  chain(): Promise<IpniChainRow | undefined>
  /** Up to `limit` changes, and all content that shares a context with one of them. */
  due(limit: number): Promise<{ changes: IpniChange[]; neighbours: { cid: string; context: string }[] }>
  /** Appends a step, durably. `false`: another process has moved the head, and nothing was done. */
  append(step: IpniStep): Promise<boolean>
  /** The body of an advertisement or of a chunk of entries. */
  block(cid: string): Promise<string | null>
  /**
   * When the head is to be announced next. Returns the chain as it is then; `undefined`: another process has changed it
   * since it was read as `chain`, and nothing was done.
   */
  scheduleAnnouncement(
    chain: IpniChainRow,
    next: Pick<IpniChainRow, 'nextAnnouncementAt' | 'failedAnnouncements'>,
  ): Promise<IpniChainRow | undefined>
}

/** Statements have a bounded number of parameters. */
const ROWS_AT_ONCE = 500

export function createIpni(database: Database): Ipni {
  const { read, run, durably, transaction } = database

  const recordMissing = ({ after, last }: { after: string; last: string }) =>
    run((db) =>
      sql`
        insert into ipni_changes (cid, version)
        select distinct pins.cid, 1 from pins
        where clip_id > ${after} and clip_id <= ${last} and provider = 'embedded' and lost_at is null
          and not exists (select 1 from ipni_entries where ipni_entries.cid = pins.cid)
        on conflict (cid) do nothing
      `.execute(db),
    )

  return {
    async begin(peerId, now) {
      await transaction(
        async (db) => {
          const known = await db.selectFrom('ipniChain').select('peerId').executeTakeFirst()
          if (known?.peerId === peerId) return
          await sql`delete from ipni_entries`.execute(db)
          await sql`delete from ipni_blocks`.execute(db)
          await sql`delete from ipni_chain`.execute(db)
          const chain = { id: 0, peerId, address: null, head: null }
          await db
            .insertInto('ipniChain')
            .values({ ...chain, nextAnnouncementAt: now, failedAnnouncements: 0 })
            .execute()
        },
        { exclusive: 'ipni' },
      )
      for await (const batch of clipIdBatches(database)) await recordMissing(batch)
    },

    chain: () => read((db) => db.selectFrom('ipniChain').selectAll().executeTakeFirst()),

    due: (limit) =>
      read(async (db) => {
        const { rows: changes } = await sql<IpniChange>`
          select changes.cid, changes.version, entries.context,
            case when exists (
              select 1 from pins
              where pins.cid = changes.cid and pins.provider = 'embedded' and pins.lost_at is null
            ) then 1 else 0 end as is_held
          from ipni_changes changes left join ipni_entries entries on entries.cid = changes.cid
          limit ${limit}`.execute(db)
        const contexts = new Set(changes.flatMap(({ context }) => context ?? []))
        if (contexts.size === 0) return { changes, neighbours: [] }
        const neighbours = await db
          .selectFrom('ipniEntries')
          .selectAll()
          .where('context', 'in', [...contexts])
          .execute()
        return { changes, neighbours }
      }),

    append: ({ previous, head, address, now, ...step }) =>
      durably(async (db) => {
        // An update even where the head stays: it locks the row.
        const moved = await db
          .updateTable('ipniChain')
          .set({
            head,
            address,
            ...(head !== previous && { nextAnnouncementAt: now, failedAnnouncements: 0 }),
          })
          .where(sql<boolean>`coalesce(head, '') = ${previous ?? ''}`)
          .executeTakeFirst()
        if (moved.numUpdatedRows === 0n) return false
        await recordStep(db, step)
        return true
      }),

    block: (cid) =>
      read(async (db) => {
        const row = await db.selectFrom('ipniBlocks').select('body').where('cid', '=', cid).executeTakeFirst()
        return row?.body ?? null
      }),

    scheduleAnnouncement: ({ head, nextAnnouncementAt }, next) =>
      run((db) =>
        db
          .updateTable('ipniChain')
          .set(next)
          .where('head', '=', head)
          .where('nextAnnouncementAt', '=', nextAnnouncementAt)
          .returningAll()
          .executeTakeFirst(),
      ),
  }
}

type Recorded = Pick<IpniStep, 'blocks' | 'changes' | 'removedContexts' | 'added'>

async function recordStep(db: Kysely<Schema>, { blocks, changes, removedContexts, added }: Recorded) {
  for (const { cid, body } of blocks) {
    await db
      .insertInto('ipniBlocks')
      .values({ cid: cid.toString(), body })
      .onConflict((conflict) => conflict.column('cid').doNothing())
      .execute()
  }
  for (const contexts of batchesOf(removedContexts))
    await db.deleteFrom('ipniEntries').where('context', 'in', contexts).execute()
  for (const rows of batchesOf(added)) await db.insertInto('ipniEntries').values(rows).execute()
  // One that has changed again meanwhile stays due.
  for (const { cid, version } of changes)
    await db.deleteFrom('ipniChanges').where('cid', '=', cid).where('version', '=', version).execute()
}

function batchesOf<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / ROWS_AT_ONCE)
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * ROWS_AT_ONCE, (index + 1) * ROWS_AT_ONCE),
  )
}
