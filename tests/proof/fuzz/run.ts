import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { openFiles } from '../../support/hang-up.ts'
import { ADMIN_KEY, quick } from '../../support/operator.ts'
import { cleanUpServices, type Service, startService } from '../../support/service.ts'
import {
  credentials,
  environmentFor,
  type Fault,
  startStubVendors,
  statusFault,
} from '../../support/stub-vendors.ts'
import { quantile } from '../soak/sampler.ts'
import { anyCase, type Target } from './cases.ts'
import { exchange } from './exchange.ts'
import { startOddSpeech } from './odd-speech.ts'
import { type Finding, judge } from './verdict.ts'

const AT_ONCE = 48
const BATCH = 500
const KEY = 'fuzz-caller-key-90b1c7'
const environment = {
  ...quick,
  RATE_LIMIT_PER_MINUTE: '1000000000',
  VOCALIZE_API_KEYS: KEY,
  METRICS_TOKEN: 'fuzz-metrics-token-31ad',
  CRON_SECRET: 'fuzz-cron-secret-77e2',
  SPEECH_CONCURRENCY: '50',
  REUSE: 'on',
  LOG_LEVEL: 'error',
  UPLOAD_DEADLINE_MS: '1500',
  SPEECH_TIMEOUT_MS: '3000',
}
/** What the provider answers to some uploads. */
const oddStorage: Fault[] = [
  ...(['html', 'json', 'empty-body', 'truncated-json', 'wrong-cid', 'reset-mid-answer'] as const).map(
    (kind) => ({ kind }),
  ),
  statusFault(422),
  statusFault(503),
]
const secrets = [
  ADMIN_KEY,
  KEY,
  environment.METRICS_TOKEN,
  environment.CRON_SECRET,
  ...Object.values(credentials),
]

export interface FuzzReport {
  requests: number
  perSecond: number
  /** How many outcomes had a first answer of this status; `none` without an answer. */
  statuses: Record<string, number>
  findings: Finding[]
  /** After each batch. */
  memoryMiB: number[]
  openFiles: number[]
}

/**
 * Sends `requests` cases of chance, which `seed` repeats, to a built service with vendors whose answers are odd at times.
 * A finding is an answer that must not be, a line of the log that is none, or a service that does not answer well any more.
 */
export async function runFuzz(
  { requests, seed }: { requests: number; seed: number },
  onBatch: (report: FuzzReport) => void = () => {},
): Promise<FuzzReport> {
  const vendors = await startStubVendors({ seed })
  const speech = await startOddSpeech(vendors.urls.elevenlabs, seed)
  const own = { ...environment, ...environmentFor(vendors), ELEVENLABS_BASE_URL: speech.url }
  try {
    const service = await startService({ environment: own })
    const target = await targetOf(service)
    await vendors.always('pinata', oddStorage, 0.3)
    const anything = anyCase(target)
    const report: FuzzReport = {
      requests: 0,
      perSecond: 0,
      statuses: {},
      findings: [],
      memoryMiB: [],
      openFiles: [],
    }
    const begun = performance.now()
    for (let batch = 0; report.requests < requests && report.findings.length < 100; batch += 1) {
      const numRuns = Math.min(BATCH, requests - report.requests)
      const cases = fc.sample(anything, { seed: seed * 100_003 + batch, numRuns })
      const port = Number(new URL(service.baseUrl).port)
      const said = service.output.length
      const worker = async () => {
        for (let next = cases.pop(); next; next = cases.pop()) {
          const outcome = await exchange(port, next)
          const status = outcome.answers[0]?.status ?? 'none'
          report.statuses[status] = (report.statuses[status] ?? 0) + 1
          report.findings.push(...judge(next, outcome, secrets))
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
      report.requests += numRuns
      report.perSecond = report.requests / ((performance.now() - begun) / 1000)
      report.findings.push(...(await findingsAbout(service, service.output.slice(said), batch)))
      report.memoryMiB.push(memoryOf(service.processId))
      report.openFiles.push(openFiles(service.processId))
      onBatch(report)
    }
    await service.stop()
    return report
  } finally {
    await cleanUpServices()
    await speech.close()
    await vendors.close()
  }
}

/** Whether a figure rose from the second quarter of the run, when all is warm, to the last one. */
export function isFlat(values: number[], limitOf: (before: number) => number): boolean {
  const quarter = Math.floor(values.length / 4)
  const median = (some: number[]) =>
    quantile(
      some.toSorted((a, b) => a - b),
      0.5,
    )
  return median(values.slice(-quarter)) <= limitOf(median(values.slice(quarter, 2 * quarter)))
}

async function targetOf(service: Service): Promise<Target> {
  const authorization = `Bearer ${KEY}`
  const { body } = await service.vocalize({ text: 'It is there', voiceId: 'George' }, { authorization })
  const description = await (await service.fetch('/api/openapi.json')).json()
  return {
    host: new URL(service.baseUrl).host,
    description,
    known: { id: body.data.id, cid: body.data.cid, voiceId: 'George', voice_id: 'George', name: 'head' },
    authorizations: [authorization, authorization, `Bearer ${ADMIN_KEY}`],
  }
}

/** What the service said while a batch ran, and whether it still speaks. */
async function findingsAbout(service: Service, said: string, batch: number): Promise<Finding[]> {
  const finding = (what: string, answered = '') => ({
    what,
    kind: `batch ${batch}`,
    sent: '',
    answered: answered.slice(0, 700),
  })
  const lines = said.split('\n').filter(Boolean)
  const stray = lines.filter((line) => !line.startsWith('{'))
  const internal = lines.filter((line) => line.includes('"internal_error"'))
  const secret = secrets.find((value) => said.includes(value))
  const authorization = `Bearer ${KEY}`
  const spoken = await service
    .vocalize({ text: `Still here, ${batch}`, voiceId: 'George' }, { authorization })
    .catch((error) => ({ status: `${error.cause ?? error}` }))
  return [
    ...(stray.length > 0 ? [finding('a stray line in the log', stray.join('\n'))] : []),
    ...(internal.length > 0 ? [finding('an internal error in the log', internal.join('\n'))] : []),
    ...(secret ? [finding(`the secret ${secret} in the log`)] : []),
    ...(spoken.status === 200 ? [] : [finding(`vocalize answers ${spoken.status}`, JSON.stringify(spoken))]),
  ]
}

function memoryOf(processId: number): number {
  const status = readFileSync(`/proc/${processId}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}
