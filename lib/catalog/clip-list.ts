import { sql } from 'kysely'
import type { Clip, ClipState } from '#lib/model/clip.ts'
import type { Database } from './connection.ts'
import { claimableAt, isWaiting, toClip } from './schema.ts'

export type ListedState = 'waiting' | 'expired' | 'stored'

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

/** The clips of one kind, for people to look at. */
export interface ClipList {
  /** The newest clips that fit, without the files of captions; those behind `after`, if that is given. */
  newest(filter: ClipFilter & { after?: ClipCursor | undefined; limit: number }): Promise<Clip[]>
  /** One page of clips, most urgent or latest first, and how many there are. */
  page(options: {
    state: ListedState
    limit: number
    offset: number
  }): Promise<{ clips: Clip[]; total: number }>
}

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

    page: ({ state, limit, offset }) =>
      read(async (db) => {
        const among = lists[state]
        const { total } = await db
          .selectFrom('clips')
          .select((eb) => eb.fn.countAll<number>().as('total'))
          .where(among.condition)
          .where('captionsOf', 'is', null)
          .executeTakeFirstOrThrow()
        const rows = await db
          .selectFrom('clips')
          .selectAll()
          .where(among.condition)
          .where('captionsOf', 'is', null)
          .orderBy(among.by, among.direction)
          .limit(limit)
          .offset(offset)
          .execute()
        return { clips: rows.map(toClip), total: Number(total) }
      }),
  }
}

/** Each has an index with the same condition and order. */
const lists = {
  waiting: { condition: isWaiting, by: claimableAt, direction: 'asc' },
  expired: { condition: sql<boolean>`clips.state = 'expired'`, by: 'expiresAt', direction: 'desc' },
  stored: { condition: sql<boolean>`clips.stored_at is not null`, by: 'storedAt', direction: 'desc' },
} as const
