import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Clip, ClipState } from '#lib/model/clip.ts'
import { isWaiting } from './conditions.ts'
import type { Database } from './connection.ts'
import { toClip } from './schema.ts'

/** Where a page of clips begins: behind this one. */
export type ClipCursor = Pick<Clip, 'createdAt' | 'id'>

/** Which clips are asked for; all where nothing is said. Times are milliseconds since the epoch, the end is not included. */
export interface ClipFilter {
  madeBy?: string | undefined
  state?: ClipState | undefined
  label?: string | undefined
  createdFrom?: number | undefined
  createdBefore?: number | undefined
}

/** A list for operators. `pending`: also those whose first upload is still running. */
export type ListName = 'all' | 'pending' | 'stored' | 'expired'

/** Where a page of such a list begins: behind the clip with this id, whose time in the list is `at`. */
export interface ListCursor {
  at: number
  id: string
}

/**
 * Which clips of a list are asked for. Times are what the list is sorted by: when a clip was made, when its time is over
 * (`pending`, `expired`), when it was stored. The end is not included.
 */
export interface ListFilter {
  list: ListName
  /** Only with `stored`. */
  provider?: string | undefined
  from?: number | undefined
  before?: number | undefined
}

export interface ListPage {
  clips: Clip[]
  /** Where the next page begins; missing on the last one. */
  next?: ListCursor
}

/** The clips of one kind, for people to look at. */
export interface ClipList {
  /** The newest clips that fit, without the files of captions; those behind `after`, if that is given. */
  newest(filter: ClipFilter & { after?: ClipCursor | undefined; limit: number }): Promise<Clip[]>
  /** One page of a list: the latest first, of `pending` those that end first. */
  page(filter: ListFilter & { after?: ListCursor | undefined; limit: number }): Promise<ListPage>
  /** How many clips fit; no more than `limit` are counted. */
  count(filter: ListFilter, limit: number): Promise<number>
  /** The newest clips with `text` as the beginning of their id, as their CID, or as the id of the request that made them. */
  find(text: string, limit: number): Promise<Clip[]>
}

/** The shortest beginning of an id that is looked for: a shorter one could fit very many. */
export const SHORTEST_ID_PREFIX = 8

export function createClipList({ read }: Database): ClipList {
  return {
    newest: ({ madeBy, state, label, createdFrom, createdBefore, after, limit }) =>
      read(async (db) => {
        let query = db
          .selectFrom('clips')
          .selectAll()
          .where('captionsOf', 'is', null)
          .orderBy('createdAt', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
        if (madeBy !== undefined) query = query.where('madeBy', '=', madeBy)
        if (state !== undefined) query = query.where('state', '=', state)
        if (label !== undefined) query = query.where('label', '=', label)
        if (createdFrom !== undefined) query = query.where('createdAt', '>=', createdFrom)
        if (createdBefore !== undefined) query = query.where('createdAt', '<', createdBefore)
        if (after) query = query.where(sql<boolean>`(created_at, id) < (${after.createdAt}, ${after.id})`)
        return (await query.execute()).map(toClip)
      }),

    page: ({ after, limit, ...filter }) =>
      read(async (db) => {
        const { by, direction } = lists[filter.list]
        let query = db
          .selectFrom('clips')
          .selectAll()
          .where(conditionOf(filter))
          .orderBy(by, direction)
          .orderBy('id', direction)
          .limit(limit + 1)
        if (after) {
          const behind = sql.raw(direction === 'asc' ? '>' : '<')
          query = query.where(sql<SqlBool>`(${sql.ref(by)}, id) ${behind} (${after.at}, ${after.id})`)
        }
        const rows = await query.execute()
        const last = rows.length > limit ? rows[limit - 1] : undefined
        const clips = rows.slice(0, limit).map(toClip)
        return { clips, ...(last && { next: { at: Number(last[by]), id: last.id } }) }
      }),

    count: (filter, limit) =>
      read(async (db) => {
        const some = db.selectFrom('clips').select('id').where(conditionOf(filter)).limit(limit)
        const { clips } = await db
          .selectFrom(some.as('some'))
          .select((eb) => eb.fn.countAll<number>().as('clips'))
          .executeTakeFirstOrThrow()
        return Number(clips)
      }),

    find: (text, limit) =>
      read(async (db) => {
        const isPrefix = text.length >= SHORTEST_ID_PREFIX && /^[0-9a-f]{1,32}$/.test(text)
        const rows = await db
          .selectFrom('clips')
          .selectAll()
          .where('id', 'in', ({ selectFrom }) => {
            const clips = selectFrom('clips').select('id')
            const found = clips
              .where('cid', '=', text)
              .unionAll(clips.where('requestId', '=', text))
              .unionAll(selectFrom('pins').select('clipId as id').where('cid', '=', text))
            // No digit of an id sorts behind "g".
            return isPrefix
              ? found.unionAll(clips.where('id', '>=', text).where('id', '<', `${text}g`))
              : found
          })
          .where('captionsOf', 'is', null)
          .orderBy('createdAt', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .execute()
        return rows.map(toClip)
      }),
  }
}

interface ListOrder {
  condition: RawBuilder<SqlBool>
  by: 'createdAt' | 'expiresAt' | 'storedAt'
  direction: 'asc' | 'desc'
}

/** Each has an index with the same condition and order. */
const lists: Record<ListName, ListOrder> = {
  all: { condition: sql<SqlBool>`true`, by: 'createdAt', direction: 'desc' },
  pending: { condition: isWaiting, by: 'expiresAt', direction: 'asc' },
  expired: { condition: sql<SqlBool>`clips.state = 'expired'`, by: 'expiresAt', direction: 'desc' },
  stored: { condition: sql<SqlBool>`clips.stored_at is not null`, by: 'storedAt', direction: 'desc' },
}

function conditionOf({ list, provider, from, before }: ListFilter): RawBuilder<SqlBool> {
  const { condition, by } = lists[list]
  const conditions = [
    condition,
    sql`clips.captions_of is null`,
    ...(provider === undefined ? [] : [sql`clips.provider = ${provider}`]),
    ...(from === undefined ? [] : [sql`${sql.ref(by)} >= ${from}`]),
    ...(before === undefined ? [] : [sql`${sql.ref(by)} < ${before}`]),
  ]
  return sql<SqlBool>`${sql.join(conditions, sql` and `)}`
}
