import pg from 'pg'

/** Looks into the catalog past the service. */
export interface Backlog {
  /** Clips that were accepted until `at` and that no provider holds yet; `undefined` while Postgres is away. */
  countUntil(at: number): Promise<number | undefined>
  /** How many clips are in each state. */
  states(): Promise<Record<string, number>>
  close(): Promise<void>
}

export function watchBacklog(databaseUrl: string): Backlog {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, connectionTimeoutMillis: 2000 })
  pool.on('error', () => {})
  const waiting = "select count(*) from clips where state in ('staged', 'pending') and created_at <= $1"
  return {
    async countUntil(at) {
      const result = await pool.query(waiting, [at]).catch(() => undefined)
      return result && Number(result.rows[0].count)
    },
    async states() {
      const { rows } = await pool.query('select state, count(*) from clips group by state')
      return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]))
    },
    close: () => pool.end(),
  }
}
