import { sql } from 'kysely'
import { MINUTE_MS } from '#lib/platform/units.ts'
import { claimableAt, isWaiting } from './conditions.ts'
import type { Database } from './connection.ts'

/** Between two looks at the clock lies more only where nobody was there to look, or where the clock was set. */
const LONGEST_STEP_MS = 10 * MINUTE_MS
/** Clocks of machines that share a catalog differ by less. */
const TOLERANCE_MS = MINUTE_MS

/** What the processes that share a catalog have seen of the clock. */
export interface ClockLog {
  /** Records that it is `now`. Returns by how much it has jumped since the last look; 0 where it has run evenly. */
  look(now: number): Promise<number>
  /** Since when the clock has run evenly while processes looked at it; `undefined` where none ever did. */
  steadySince(): Promise<number | undefined>
  /**
   * Makes due what waits for a date that lies further ahead than any wait is long, since a clock was set back; ends
   * leases of other processes likewise. Returns how many rows that were.
   */
  pullBack(longest: PullBack): Promise<number>
}

/** How long leases and waits can be, in milliseconds. `self` is the process that asks. */
interface PullBack {
  now: number
  self: string
  leaseMs: number
  clipWaitMs: number
  webhookWaitMs: number
}

export function createClockLog({ read, run, transaction }: Database): ClockLog {
  return {
    look: (now) =>
      transaction(
        async (db) => {
          const known = await db.selectFrom('clock').selectAll().executeTakeFirst()
          const steppedMs = known ? now - known.seenAt : Number.POSITIVE_INFINITY
          const isEven = steppedMs <= LONGEST_STEP_MS && steppedMs >= -TOLERANCE_MS
          const row = { seenAt: now, steadySince: known && isEven ? known.steadySince : now }
          await db
            .insertInto('clock')
            .values({ id: 1, ...row })
            .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
            .execute()
          return known && !isEven ? steppedMs : 0
        },
        { exclusive: 'clock' },
      ),

    steadySince: () =>
      read(
        async (db) => (await db.selectFrom('clock').select('steadySince').executeTakeFirst())?.steadySince,
      ),

    async pullBack({ now, self, leaseMs, clipWaitMs, webhookWaitMs }) {
      const pull = (
        table: 'clips' | 'replications' | 'webhooks' | 'deletions',
        waitMs: number,
        condition = sql`true`,
      ) =>
        run(async (db) => {
          const dateIsOff = sql`next_attempt_at > ${now + waitMs}`
          const leaseIsOff = sql`(lease_expires_at > ${now + leaseMs} and lease_owner <> ${self})`
          const { numAffectedRows = 0n } = await sql`update ${sql.table(table)} set
              next_attempt_at = case when ${dateIsOff} then ${sql.lit(now)} else next_attempt_at end,
              lease_owner = case when ${leaseIsOff} then null else lease_owner end,
              lease_expires_at = case when ${leaseIsOff} then null else lease_expires_at end
            where (${dateIsOff} or ${leaseIsOff}) and ${condition}`.execute(db)
          return Number(numAffectedRows)
        })
      // The first two conditions are those of an index.
      const isFarAhead = sql`${isWaiting} and ${claimableAt} > ${now + Math.min(leaseMs, clipWaitMs)}`
      const clips = await pull('clips', clipWaitMs, isFarAhead)
      const others = [
        await pull('replications', clipWaitMs),
        await pull('deletions', clipWaitMs, sql`done_at is null`),
        await pull('webhooks', webhookWaitMs),
      ]
      return others.reduce((sum, count) => sum + count, clips)
    },
  }
}
