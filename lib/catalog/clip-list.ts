import { sql } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import type { Database } from './connection.ts'
import { claimableAt, isWaiting, toClip } from './schema.ts'

export type ListedState = 'waiting' | 'expired' | 'stored'

/** The clips of one kind, for people to look at. */
export interface ClipList {
  /** One page of clips, most urgent or latest first, and how many there are. */
  page(options: {
    state: ListedState
    limit: number
    offset: number
  }): Promise<{ clips: Clip[]; total: number }>
}

export function createClipList({ read }: Database): ClipList {
  return {
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
