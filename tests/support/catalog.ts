import { DatabaseSync } from 'node:sqlite'
import type { Service } from './service.ts'

/** How many clips IPFS is still to get, leased ones included: from the catalog itself, without waking the service up. */
export function backlogOf({ directory }: Pick<Service, 'directory'>): number {
  const database = new DatabaseSync(`${directory}/catalog.sqlite`, { readOnly: true, timeout: 10_000 })
  try {
    const sql = "select count(*) as waiting from clips where state not in ('stored', 'expired', 'deleted')"
    return Number(database.prepare(sql).get()?.waiting)
  } finally {
    database.close()
  }
}

/** The tries that were made for one clip, and whether nobody works on it any more. */
export function triesOf({ directory }: Pick<Service, 'directory'>, clipId: string) {
  const database = new DatabaseSync(`${directory}/catalog.sqlite`, { readOnly: true, timeout: 10_000 })
  try {
    const count = database
      .prepare('select count(*) as count from attempts where clip_id = ?')
      .get(clipId)?.count
    const lease = database.prepare('select lease_owner from clips where id = ?').get(clipId)
    return { count: Number(count), isOver: lease?.lease_owner === null }
  } finally {
    database.close()
  }
}

/** Puts a clip into a state in which it would be for a moment only, or after a long time. */
export function putIntoState(
  { directory }: Pick<Service, 'directory'>,
  clipId: string,
  state: 'speaking' | 'expired',
): void {
  const database = new DatabaseSync(`${directory}/catalog.sqlite`, { timeout: 10_000 })
  const unspoken = state === 'speaking' ? ', cid = null, duration_ms = null' : ''
  try {
    database.prepare(`update clips set state = ?${unspoken} where id = ?`).run(state, clipId)
  } finally {
    database.close()
  }
}
