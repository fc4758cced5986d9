import { setTimeout as sleep } from 'node:timers/promises'
import type { Topology } from '../../support/topology.ts'

/** Something that goes wrong, and is over when `strike` resolves. */
export interface Fault {
  name: string
  strike(topology: Topology): Promise<void>
}

const DEAD_MS = 5000
const AWAY_MS = 10_000

export const faults: Record<string, Fault> = {
  none: {
    name: 'nothing, for ten seconds',
    strike: () => sleep(AWAY_MS),
  },
  web: {
    name: 'a web instance is killed, and started again after 5 s',
    async strike({ webs: [web] }) {
      await web?.kill()
      await sleep(DEAD_MS)
      await web?.restart()
    },
  },
  worker: {
    name: 'the worker is killed, and started again after 5 s',
    async strike({ worker }) {
      await worker.kill()
      await sleep(DEAD_MS)
      await worker.restart()
    },
  },
  'redis-empty': {
    name: 'Redis is emptied',
    strike: ({ redis }) => redis.empty(),
  },
  'redis-stop': {
    name: 'Redis is stopped for 10 s',
    async strike({ redis }) {
      await redis.stop()
      await sleep(AWAY_MS)
      await redis.start()
    },
  },
  postgres: {
    name: 'Postgres is restarted',
    strike: ({ postgres }) => postgres.restart(),
  },
  pgbouncer: {
    name: 'PgBouncer is restarted',
    strike: async ({ pgbouncer }) => pgbouncer?.restart(),
  },
  s3: {
    name: 'the S3 store fails for 10 s',
    async strike({ s3 }) {
      await s3.fail()
      await sleep(AWAY_MS)
      await s3.mend()
    },
  },
}
