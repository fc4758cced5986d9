import pg from 'pg'
import type { Catalog } from '#lib/catalog/catalog.ts'

/** What is asked again and again, each to be answered by an index. */
const questions: Record<string, (catalog: Catalog, now: number) => Promise<unknown>> = {
  'claim what is due': ({ queue }, now) =>
    queue.claim({ limit: 1, now, lease: lease(now), dueOnly: true, notTriedSince: now }),
  "claim whatever waits (an operator's call, a drain)": ({ queue }, now) =>
    queue.claim({ limit: 1, now, lease: lease(now), dueOnly: false, notTriedSince: now }),
  'claim what is about to end (the last try)': ({ queue }, now) =>
    queue.claim({ limit: 1, now, lease: lease(now), dueOnly: false, expiringBefore: now + 300_000 }),
  'what is overdue': ({ backlog }, now) => backlog.overdue({ now, limit: 100 }),
  'what can be let go': ({ backlog }, now) => backlog.evictable({ limit: 100, endedBefore: now }),
  'how many wait': ({ queue }, now) => queue.countWaiting(now),
  'claim a webhook': ({ webhooks }, now) => webhooks.claim({ limit: 10, now, lease: lease(now) }),
  'claim a replica': ({ replications }, now) => replications.claim({ now, lease: lease(now), dueOnly: true }),
  'claim a pin to be read back': ({ pins }, now) => pins.claimCheck({ now, before: now }),
  'claim a pin that was stored lately': ({ pins }, now) =>
    pins.claimReadBack({ now, dueBy: now, until: now + 60_000 }),
  'which bytes can go that were not read back': ({ backlog }, now) =>
    backlog.unproven({ limit: 20, endedBefore: now }),
  'how many clips are unproven': ({ pins }) => pins.countUnproven(),
}

const lease = (now: number) => ({ owner: 'bench', expiresAt: now + 60_000 })

/** How Postgres goes about each question: the statements that the catalog sends, explained with the same values. */
export async function explained(catalog: Catalog, url: string, now: number) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const plans: { title: string; plan: string }[] = []
  for (const [title, ask] of Object.entries(questions)) {
    const statements = await recorded(() => ask(catalog, now))
    for (const { text, values } of statements) {
      await client.query('begin')
      const { rows } = await client.query(`explain (analyze, buffers, timing off) ${text}`, values)
      await client.query('rollback')
      plans.push({ title, plan: rows.map((row) => row['QUERY PLAN']).join('\n') })
    }
  }
  await client.end()
  return plans
}

interface Statement {
  text: string
  values: unknown[]
}

async function recorded(work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = []
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function record(this: pg.Client, ...sent: unknown[]) {
    const [text, values] = sent as [string, unknown[]]
    if (/^(with|select|update|delete)/.test(text)) statements.push({ text, values })
    return (query as (...all: unknown[]) => unknown).apply(this, sent)
  } as typeof query
  try {
    await work()
  } finally {
    pg.Client.prototype.query = query
  }
  return statements
}
