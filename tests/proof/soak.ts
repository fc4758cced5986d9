import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ADMIN_KEY } from '../support/operator.ts'
import { seededRandom } from '../support/random.ts'
import { cleanUpServices, startService } from '../support/service.ts'
import type { VendorName } from '../support/stub-vendors.ts'
import { environmentFor, spawnStubVendors } from '../support/stub-vendors.ts'
import { changeMoods } from './crash/moods.ts'
import { findDoubles } from './crash/verdict.ts'
import { judgeFlatness } from './soak/flatness.ts'
import { applySteadyLoad, newSoakTally } from './soak/load.ts'
import { drawSamples } from './soak/picture.ts'
import type { Sample } from './soak/sampler.ts'
import { takeSample } from './soak/sampler.ts'

const SAMPLES = 60
const TABLE_ROWS = 12
const MOOD_LASTS_MS = 15_000
const storage: VendorName[] = ['pinata', 'web3storage', 'kubo']
const reports = path.resolve(import.meta.dirname, '../../reports')

const environment = {
  ADMIN_API_KEY: ADMIN_KEY,
  METRICS_TOKEN: 'soak-metrics-token',
  RATE_LIMIT_PER_MINUTE: '1000000',
  SPEECH_CONCURRENCY: '10',
  SPEECH_TIMEOUT_MS: '5000',
  IPFS_RETRY_DELAYS_MS: '50,100,200',
  IPFS_ATTEMPT_TIMEOUT_MS: '1000',
  UPLOAD_DEADLINE_MS: '1000',
  // Short lives, so that what comes and what goes are in balance soon.
  TEMP_AUDIO_TTL_SECONDS: '60',
  CLEANUP_INTERVAL_SECONDS: '5',
  KEEP_PENDING_AUDIO: 'true',
}

/** `npm run soak -- [--minutes M] [--rate R] [--seed S]`: exit code 0 when every figure stayed flat. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { minutes: { type: 'string' }, rate: { type: 'string' }, seed: { type: 'string' } },
  })
  const lastsMs = Number(values.minutes ?? 10) * 60_000
  const ratePerSecond = Number(values.rate ?? 5)
  const random = seededRandom(Number(values.seed ?? 1))
  const vendors = await spawnStubVendors()
  try {
    const service = await startService({
      environment: { ...environment, ...environmentFor(vendors, ['elevenlabs', ...storage]) },
    })
    const tally = newSoakTally()
    const stop = new AbortController()
    const load = applySteadyLoad(service, { tally, random, ratePerSecond, signal: stop.signal })
    const moods = changeNowAndThen(() => changeMoods(vendors, storage, random), stop.signal)
    const samples = await sampleFor(lastsMs, (seconds) => takeSample(service, seconds, tally))
    stop.abort()
    await Promise.all([load, moods])
    await service.stop()
    const doubles = await findDoubles(service.directory, vendors, storage)
    await report(samples, tally, doubles)
  } finally {
    await cleanUpServices()
    await vendors.close()
  }
}

async function changeNowAndThen(change: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await change()
    await sleep(MOOD_LASTS_MS, undefined, { signal }).catch(() => {})
  }
}

async function sampleFor(lastsMs: number, take: (seconds: number) => Promise<Sample>): Promise<Sample[]> {
  const startedAt = performance.now()
  const samples: Sample[] = []
  while (performance.now() - startedAt < lastsMs) {
    await sleep(lastsMs / SAMPLES)
    samples.push(await take(Math.round((performance.now() - startedAt) / 1000)))
  }
  return samples
}

async function report(
  samples: Sample[],
  tally: ReturnType<typeof newSoakTally>,
  doubles: string[],
): Promise<void> {
  const step = Math.ceil(samples.length / TABLE_ROWS)
  console.table(samples.filter((_, index) => index % step === step - 1).map(rounded))
  const flatness = judgeFlatness(samples)
  console.table(flatness.map(rounded))
  console.log([...tally.answers].map(([what, count]) => `${count} × ${what}`).join(', '))
  for (const [what, count] of tally.unexpected) console.error(`unexpected: ${count} × ${what}`)
  for (const double of doubles) console.error(`double: ${double}`)
  await mkdir(reports, { recursive: true })
  const picture = path.join(reports, 'soak.svg')
  await writeFile(picture, drawSamples(samples))
  console.log(`Picture: ${path.relative(process.cwd(), picture)}`)
  const isFlat = flatness.every((figure) => figure.isFlat)
  console.log(isFlat ? 'Flat' : 'Not flat')
  process.exitCode = isFlat && tally.unexpected.size === 0 && doubles.length === 0 ? 0 : 1
}

function rounded<T extends object>(row: T): T {
  const entries = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === 'number' ? Math.round(value * 10) / 10 : value,
  ])
  return Object.fromEntries(entries) as T
}

await main()
