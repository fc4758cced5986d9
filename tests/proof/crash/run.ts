import { setTimeout as sleep } from 'node:timers/promises'
import { backlogOf } from '../../support/catalog.ts'
import { ADMIN_KEY } from '../../support/operator.ts'
import { seededRandom } from '../../support/random.ts'
import type { Environment, Service } from '../../support/service.ts'
import { cleanUpServices, startService } from '../../support/service.ts'
import type { StubVendors, VendorName } from '../../support/stub-vendors.ts'
import { environmentFor, spawnStubVendors } from '../../support/stub-vendors.ts'
import { until } from '../../support/until.ts'
import type { Tally } from './load.ts'
import { applyLoad, newTally } from './load.ts'
import { changeMoods } from './moods.ts'
import { findDisagreements, findDoubles, findLosses } from './verdict.ts'

const storage: VendorName[] = ['pinata', 'web3storage', 'kubo']
const LONGEST_ROUND_MS = 1500
/** In every second round, however slow the machine is. */
const MIN_ANSWERS = 4
const SHARE_KILLED_WHILE_STARTING = 0.15

const environment: Environment = {
  ADMIN_API_KEY: ADMIN_KEY,
  RATE_LIMIT_PER_MINUTE: '1000000',
  SPEECH_CONCURRENCY: '10',
  SPEECH_TIMEOUT_MS: '5000',
  IPFS_RETRY_DELAYS_MS: '20,40,80',
  IPFS_ATTEMPT_TIMEOUT_MS: '500',
  UPLOAD_DEADLINE_MS: '300',
  OPPORTUNISTIC_RETRY_CHANCE: '0.5',
  CLEANUP_INTERVAL_SECONDS: '1',
  // Longer than any run, so that no expiry hides a loss.
  TEMP_AUDIO_TTL_SECONDS: '86400',
}

export interface CrashOptions {
  rounds: number
  seed: number
  onRound?: (round: number, tally: Tally) => void
}

export interface CrashReport {
  rounds: number
  seed: number
  kills: number
  killsWhileStarting: number
  answers: number
  temporaryAnswers: number
  cutOff: number
  listens: number
  problems: Record<string, number>
  uploads: number
  /** How long a start took until readiness, in milliseconds: the median of all. */
  startMs: number
  /** How long the last start took to empty the backlog by itself, in milliseconds. */
  drainMs: number
  elapsedMs: number
  losses: string[]
  doubles: string[]
  disagreements: string[]
}

/**
 * Kills the built service with SIGKILL at random instants under load, with vendors that fail and recover at random, and
 * in the end checks every answer that any client ever got.
 */
export async function runCrashes({ rounds, seed, onRound }: CrashOptions): Promise<CrashReport> {
  const random = seededRandom(seed)
  const tally = newTally()
  const startedAt = performance.now()
  const vendors = await spawnStubVendors({ seed })
  try {
    const service = await startService({
      environment: { ...environment, ...environmentFor(vendors, ['elevenlabs', ...storage]) },
    })
    const startsMs: number[] = []
    let killsWhileStarting = 0
    for (let round = 1; round <= rounds; round++) {
      await changeMoods(vendors, storage, random)
      await loadAndKill(service, vendors, { tally, random, minAnswers: round % 2 === 0 ? 0 : MIN_ANSWERS })
      if (random() < SHARE_KILLED_WHILE_STARTING) {
        await killWhileStarting(service, random)
        killsWhileStarting++
      }
      startsMs.push(await restart(service))
      onRound?.(round, tally)
    }
    const kills = rounds + killsWhileStarting
    const verdict = await judge(service, vendors, tally)
    return {
      rounds,
      seed,
      kills,
      killsWhileStarting,
      startMs: median(startsMs),
      ...verdict,
      answers: tally.answers.length,
      cutOff: tally.cutOff,
      listens: tally.listens,
      temporaryAnswers: tally.answers.filter(({ isTemporary }) => isTemporary).length,
      problems: Object.fromEntries(tally.problems),
      elapsedMs: performance.now() - startedAt,
    }
  } finally {
    await cleanUpServices()
    await vendors.close()
  }
}

/** Kills the service at a random instant under load, but not before it has given `minAnswers` answers. */
async function loadAndKill(
  service: Service,
  vendors: StubVendors,
  { tally, random, minAnswers }: { tally: Tally; random: () => number; minAnswers: number },
) {
  const stop = new AbortController()
  const enough = tally.answers.length + minAnswers
  const load = applyLoad(service, { tally, random, signal: stop.signal })
  const lifeMs = 50 + random() * (LONGEST_ROUND_MS - 50)
  await sleep(lifeMs / 2)
  if (random() < 0.5) await changeMoods(vendors, storage, random)
  await sleep(lifeMs / 2)
  await until('answers', () => tally.answers.length >= enough, { timeoutMs: 60_000, everyMs: 1 })
  await service.kill()
  stop.abort()
  await load
}

async function killWhileStarting(service: Service, random: () => number) {
  const start = service.restart().catch(() => {})
  await sleep(100 + random() * 1500)
  await service.kill()
  await start
}

async function restart(service: Service): Promise<number> {
  const startedAt = performance.now()
  await service.restart()
  return performance.now() - startedAt
}

async function judge(service: Service, vendors: StubVendors, tally: Tally) {
  await vendors.heal()
  const healedAt = performance.now()
  await until('an empty backlog without any call', () => backlogOf(service) === 0, {
    timeoutMs: 180_000,
    everyMs: 200,
  })
  const drainMs = performance.now() - healedAt
  const losses = [...tally.unserved, ...(await findLosses(service, vendors, tally.answers))]
  await service.stop()
  const oddAnswers = (await vendors.requests({ vendor: 'elevenlabs' })).filter(
    ({ fault }) => fault === 'html',
  )
  const unexplained = (tally.problems.get('speech_invalid_answer') ?? 0) - oddAnswers.length
  const holdings = await Promise.all(storage.map((name) => vendors.holdings(name)))
  return {
    drainMs,
    losses,
    uploads: holdings.flat().reduce((sum, { uploads }) => sum + uploads, 0),
    doubles: await findDoubles(service.directory, vendors, storage),
    disagreements: [
      ...(await findDisagreements(service.directory, vendors, tally.answers)),
      ...(unexplained > 0
        ? [`${unexplained} calls refused for no audio that the voice had answered well`]
        : []),
    ],
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
