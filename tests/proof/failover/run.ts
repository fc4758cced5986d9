import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../support/random.ts'
import type { Environment } from '../../support/service.ts'
import { outputToFile, ServiceOutput } from '../../support/service-output.ts'
import type { StubVendors, Fault as VendorFault, VendorName } from '../../support/stub-vendors.ts'
import { environmentFor, spawnStubVendors, statusFault } from '../../support/stub-vendors.ts'
import type { Topology, TopologyOptions } from '../../support/topology.ts'
import { startTopology } from '../../support/topology.ts'
import { until } from '../../support/until.ts'
import { findLosses } from '../crash/verdict.ts'
import type { Backlog } from './backlog.ts'
import { watchBacklog } from './backlog.ts'
import { medianCallMs } from './calm.ts'
import type { Fault } from './faults.ts'
import type { Tally } from './load.ts'
import { applyLoad, newTally } from './load.ts'
import type { Row } from './verdict.ts'
import { findUploadsAtOnce, outcomesBetween, recoveredAt } from './verdict.ts'

const storage: VendorName[] = ['pinata', 'kubo']
const WARM_UP_MS = 3000
const QUIET_MS = 3000
const LONGEST_RECOVERY_MS = 60_000
/** Nearly half of all uploads go wrong all the time, so that there is always work behind the answers. */
const SHARE_OF_TROUBLE = 0.45
const trouble: VendorFault[] = [
  statusFault(503),
  statusFault(503),
  { kind: 'late', delayMs: 1500 },
  { kind: 'hang' },
]

const environment: Environment = {
  RATE_LIMIT_PER_MINUTE: '1000000',
  SPEECH_CONCURRENCY: '20',
  IPFS_RETRY_DELAYS_MS: '50',
  IPFS_ATTEMPT_TIMEOUT_MS: '2000',
  UPLOAD_DEADLINE_MS: '1000',
  REUSE: 'off',
  CLEANUP_INTERVAL_SECONDS: '5',
  // Longer than any run, so that no expiry hides a loss.
  TEMP_AUDIO_TTL_SECONDS: '86400',
}

export interface FailoverReport {
  /** What a call takes while nothing fails and nobody else calls. */
  calmCallMs: number
  rows: Row[]
  answers: number
  temporaryAnswers: number
  /** Uploads that providers accepted. */
  uploads: number
  /** One line each: accepted clips that are not there byte for byte; contents uploaded twice at once. */
  losses: string[]
  uploadsAtOnce: string[]
  /** Contents that one provider was given more than once, one after the other. */
  doubles: string[]
  /** How many records are in each state in the end. */
  states: Record<string, number>
}

interface Options extends Pick<TopologyOptions, 'postgresDelayMs' | 'startS3'> {
  faults: Fault[]
  ratePerSecond: number
  seed: number
  onRow?: (row: Row) => void
  /** Where the web instances and the worker write their logs. */
  logs?: string
}

interface Run {
  topology: Topology
  vendors: StubVendors
  backlog: Backlog
  tally: Tally
}

/** Starts the topology under load, lets the faults strike one after the other, and checks every answer in the end. */
export async function runFailover(options: Options): Promise<FailoverReport> {
  await using stack = new AsyncDisposableStack()
  const vendors = stack.adopt(await spawnStubVendors({ seed: options.seed }), (it) => it.close())
  const topology = stack.adopt(
    await startTopology({
      hasPgBouncer: true,
      postgresDelayMs: options.postgresDelayMs,
      startS3: options.startS3,
      environment: { ...environment, ...environmentFor(vendors, ['elevenlabs', ...storage]) },
      outputOf: (name) =>
        options.logs ? outputToFile(path.join(options.logs, `${name}.log`)) : new ServiceOutput(),
    }),
    (it) => it.stop(),
  )
  const backlog = stack.adopt(watchBacklog(topology.postgres.url), (it) => it.close())
  const run: Run = { topology, vendors, backlog, tally: newTally() }
  const calmCallMs = await medianCallMs(topology.baseUrl)
  const rows = await underLoad(run, options)
  return { calmCallMs, rows, ...(await judge(run)) }
}

async function underLoad(run: Run, { faults, ratePerSecond, seed, onRow }: Options): Promise<Row[]> {
  // Slow enough that some are being spoken whenever a fault strikes.
  await run.vendors.speak({ chunkPauseMs: 80 })
  for (const vendor of storage) await run.vendors.always(vendor, trouble, SHARE_OF_TROUBLE)
  const stop = new AbortController()
  const { baseUrl } = run.topology
  const random = seededRandom(seed)
  const load = applyLoad({ baseUrl, random, ratePerSecond, tally: run.tally, signal: stop.signal })
  const rows: Row[] = []
  try {
    await sleep(WARM_UP_MS)
    for (const fault of faults) {
      const row = await strike(fault, run)
      rows.push(row)
      onRow?.(row)
      await sleep(QUIET_MS)
    }
  } finally {
    stop.abort()
    await load
  }
  return rows
}

async function strike(fault: Fault, { topology, backlog, tally }: Run): Promise<Row> {
  const startedAt = Date.now()
  let largestBacklog = 0
  const watch = setInterval(async () => {
    largestBacklog = Math.max(largestBacklog, (await backlog.countUntil(Date.now())) ?? 0)
  }, 500)
  await fault.strike(topology)
  const endedAt = Date.now()
  const within = { timeoutMs: LONGEST_RECOVERY_MS, everyMs: 100 }
  const callersAt = () => recoveredAt(tally.calls, endedAt)
  const [, backlogAfterMs] = await Promise.all([
    until('calls succeed', callersAt, within).catch(() => undefined),
    until('the backlog is empty', async () => (await backlog.countUntil(endedAt)) === 0, within)
      .then(() => Date.now() - endedAt)
      .catch(() => undefined),
  ])
  clearInterval(watch)
  const recovered = callersAt()
  const to = recovered ?? Date.now()
  return {
    fault: fault.name,
    lastedMs: endedAt - startedAt,
    calls: outcomesBetween(tally.calls, startedAt, to),
    listens: outcomesBetween(tally.listens, startedAt, to),
    callersAfterMs: recovered && recovered - endedAt,
    backlogAfterMs,
    largestBacklog,
  }
}

async function judge({
  topology,
  vendors,
  backlog,
  tally,
}: Run): Promise<Omit<FailoverReport, 'calmCallMs' | 'rows'>> {
  await vendors.heal()
  const isDone = async () => Object.keys(await backlog.states()).every((state) => state === 'stored')
  await until('all are stored', isDone, { timeoutMs: LONGEST_RECOVERY_MS, everyMs: 200 }).catch(() => {})
  const front = { fetch: (path: string, init?: RequestInit) => fetch(topology.baseUrl + path, init) }
  const losses = [...tally.gone, ...(await findLosses(front, vendors, tally.answers))]
  const uploads = (await vendors.requests({ endpoint: 'upload' })).filter(({ vendor }) =>
    storage.includes(vendor),
  )
  const holdings = await Promise.all(storage.map((name) => vendors.holdings(name)))
  return {
    answers: tally.answers.length,
    temporaryAnswers: tally.answers.filter(({ isTemporary }) => isTemporary).length,
    uploads: holdings.flat().reduce((sum, holding) => sum + holding.uploads, 0),
    losses,
    uploadsAtOnce: findUploadsAtOnce(uploads),
    doubles: storage.flatMap((name, index) =>
      (holdings[index] ?? [])
        .filter((holding) => holding.uploads > 1)
        .map(({ cid, uploads: times }) => `${cid}: given to ${name} ${times} times`),
    ),
    states: await backlog.states(),
  }
}
