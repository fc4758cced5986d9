import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../support/random.ts'
import type { Environment, Service } from '../../support/service.ts'
import { cleanUpServices, newDirectory, startService } from '../../support/service.ts'
import { environmentFor, type StubVendors, spawnStubVendors } from '../../support/stub-vendors.ts'
import type { Answer } from './load.ts'
import { call, type KeyedCall, repeatUntilAnswered } from './repeat-load.ts'
import { findKeysPaidTwice, findLosses } from './verdict.ts'

const CALLERS = 6
const LONGEST_LIFE_MS = 900
/** In so many rounds both processes are killed at once. */
const SHARE_OF_BOTH = 0.2

const environment: Environment = {
  RATE_LIMIT_PER_MINUTE: '1000000',
  SPEECH_CONCURRENCY: '20',
  IPFS_RETRY_DELAYS_MS: '20,40',
  IPFS_ATTEMPT_TIMEOUT_MS: '500',
  UPLOAD_DEADLINE_MS: '300',
  TEMP_AUDIO_TTL_SECONDS: '86400',
}

export interface RepeatReport {
  rounds: number
  kills: number
  /** Keys that were answered, and how many of them after a process was killed. */
  keys: number
  repeated: number
  /** Clips that were asked of the vendor; what goes beyond the keys was lost in the middle of its speech. */
  spoken: number
  /** From the first answer of any kind to a repetition until its clip, in milliseconds. */
  longestWaitMs: number
  /** From the call that was cut off until its clip, with the starts of killed processes. */
  longestInAllMs: number
  refusals: Record<string, number>
  losses: string[]
  /** Keys under which more than one clip was kept, or which were answered with different ones. */
  paidTwice: string[]
  elapsedMs: number
}

/**
 * Two processes on one directory speak under an `Idempotency-Key` each, without reuse, while one of them or both are killed
 * with SIGKILL at random instants; each caller repeats until it has its clip, and asks once more in the end.
 */
export async function runRepeats(options: {
  rounds: number
  seed: number
  onRound?: (round: number) => void
}): Promise<RepeatReport> {
  const random = seededRandom(options.seed)
  const startedAt = performance.now()
  const vendors = await spawnStubVendors({ seed: options.seed })
  try {
    const directory = await newDirectory()
    const start = () =>
      startService({ directory, environment: { ...environment, ...environmentFor(vendors) } })
    const services = await Promise.all([start(), start()])
    const calls: KeyedCall[] = []
    let kills = 0
    for (let round = 1; round <= options.rounds; round++) {
      await vendors.speak({ chunkBytes: 2048, chunkPauseMs: Math.floor(random() * 60) })
      if (random() < 0.3) await vendors.always('pinata', { kind: 'hang' }, 0.5)
      else await vendors.heal()
      kills += await playRound(services, { round, random, calls })
      options.onRound?.(round)
    }
    await vendors.heal()
    return {
      rounds: options.rounds,
      kills,
      ...(await judge(services, vendors, calls)),
      elapsedMs: performance.now() - startedAt,
    }
  } finally {
    await cleanUpServices()
    await vendors.close()
  }
}

async function playRound(
  services: Service[],
  { round, random, calls }: { round: number; random: () => number; calls: KeyedCall[] },
): Promise<number> {
  const begun = Array.from({ length: CALLERS }, (_, caller) => {
    const text = `Round ${round}, caller ${caller}. ${'x'.repeat(Math.floor(random() * 300))}`
    const keyed = { key: `key-${round}-${caller}`, text }
    return repeatUntilAnswered(services, caller % services.length, keyed)
  })
  await sleep(random() * LONGEST_LIFE_MS)
  const [victim, other] = random() < 0.5 ? services : services.toReversed()
  const victims = [victim, ...(random() < SHARE_OF_BOTH ? [other] : [])] as Service[]
  await Promise.all(victims.map((service) => service.kill()))
  await Promise.all(victims.map((service) => service.restart()))
  calls.push(...(await Promise.all(begun)))
  return victims.length
}

async function judge(services: Service[], vendors: StubVendors, calls: KeyedCall[]) {
  const [first] = services as [Service, ...Service[]]
  const paidTwice: string[] = []
  for (const { key, text, answer } of calls) {
    const { status, body } = await call(first, { key, text })
    if (status !== 200 || body.data.id !== answer.id) {
      paidTwice.push(`${key}: answered with ${answer.id}, then with ${status} ${body.data?.id ?? body.code}`)
    }
  }
  const answers: Answer[] = calls.map(({ answer }) => answer)
  const losses = await findLosses(first, vendors, answers)
  await Promise.all(services.map((service) => service.stop()))
  const refusals: Record<string, number> = {}
  for (const code of calls.flatMap(({ refusals }) => refusals)) refusals[code] = (refusals[code] ?? 0) + 1
  return {
    keys: calls.length,
    repeated: calls.filter(({ tries }) => tries > 1).length,
    spoken: (await vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })).length,
    longestWaitMs: Math.max(...calls.map(({ waitedMs }) => waitedMs)),
    longestInAllMs: Math.max(...calls.map(({ inAllMs }) => inAllMs)),
    refusals,
    losses,
    paidTwice: [...paidTwice, ...findKeysPaidTwice(first.directory)],
  }
}
