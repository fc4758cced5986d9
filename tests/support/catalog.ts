import { DatabaseSync } from 'node:sqlite'
import type { Service } from './service.ts'

/** How many clips IPFS is still to get, leased ones included: from the catalog itself, without waking the service up. */
export function backlogOf({ directory }: Pick<Service, 'directory'>): number {
  const database = new DatabaseSync(`${directory}/catalog.sqlite`, { readOnly: true })
  try {
    const sql = "select count(*) as waiting from clips where state not in ('stored', 'expired')"
    return Number(database.prepare(sql).get()?.waiting)
  } finally {
    database.close()
  }
}
