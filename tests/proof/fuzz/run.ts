import fc from 'fast-check'
import { openFiles } from '../../support/hang-up.ts'
import { memoryMeter } from '../../support/live-memory.ts'
import { ADMIN_KEY, quick } from '../../support/operator.ts'
import { cleanUpServices, type Service, startService } from '../../support/service.ts'
import { ServiceOutput } from '../../support/service-output.ts'
import {
  credentials,
  environmentFor,
  type Fault,
  startStubVendors,
  statusFault,
} from '../../support/stub-vendors.ts'
import { anyCase, type Target } from './cases.ts'
import { type Exchange, exchange } from './exchange.ts'
import { startOddSpeech } from './odd-speech.ts'
import { type Finding, judge } from './verdict.ts'

const AT_ONCE = 48
/** Cases that are made at once. */
const BATCH = 500
/** Between two looks at the service, for which all requests have to end. */
const LOOK_EVERY = 2500
const KEPT_CHARACTERS = 10_000_000
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
  /** At each look. */
  liveMiB: number[]
  residentMiB: number[]
  openFiles: number[]
}

/**
 * Sends `requests` cases of chance, which `seed` repeats, to a built service with vendors whose answers are odd at times.
 * A finding is an answer that must not be, a line of the log that is none, or a service that does not answer well any more.
 */
export async function runFuzz(
  { requests, seed }: { requests: number; seed: number },
  onLook: (report: FuzzReport) => void = () => {},
): Promise<FuzzReport> {
  const vendors = await startStubVendors({ seed })
  const speech = await startOddSpeech(vendors.urls.elevenlabs, seed)
  const meter = await memoryMeter()
  const own = {
    ...environment,
    ...environmentFor(vendors),
    ...meter.environment,
    ELEVENLABS_BASE_URL: speech.url,
  }
  try {
    const output = new ServiceOutput({ keptCharacters: KEPT_CHARACTERS })
    const service = await startService({ environment: own, output })
    const target = await targetOf(service)
    await vendors.always('pinata', oddStorage, 0.3)
    const port = Number(new URL(service.baseUrl).port)
    const cases = casesFor(target, { requests, seed })
    const report: FuzzReport = {
      requests: 0,
      perSecond: 0,
      statuses: {},
      findings: [],
      liveMiB: [],
      residentMiB: [],
      openFiles: [],
    }
    const worker = async (until: number) => {
      while (report.requests < until) {
        report.requests += 1
        const next = cases.next().value as Exchange
        const outcome = await exchange(port, next)
        const status = outcome.answers[0]?.status ?? 'none'
        report.statuses[status] = (report.statuses[status] ?? 0) + 1
        report.findings.push(...judge(next, outcome, secrets))
      }
    }
    const begun = performance.now()
    while (report.requests < requests && report.findings.length < 100) {
      const said = output.length
      const nextLook = Math.min(requests, report.requests + LOOK_EVERY)
      await Promise.all(Array.from({ length: AT_ONCE }, () => worker(nextLook)))
      report.perSecond = report.requests / ((performance.now() - begun) / 1000)
      report.findings.push(...(await findingsAbout(service, output.since(said), report.requests)))
      const { liveMiB, residentMiB } = await meter.measure(service)
      report.liveMiB.push(liveMiB)
      report.residentMiB.push(residentMiB)
      report.openFiles.push(openFiles(service.processId))
      onLook(report)
    }
    await service.stop()
    return report
  } finally {
    await cleanUpServices()
    await speech.close()
    await vendors.close()
  }
}

function* casesFor(target: Target, { requests, seed }: { requests: number; seed: number }) {
  const anything = anyCase(target)
  for (let batch = 0; batch * BATCH < requests; batch += 1) {
    yield* fc.sample(anything, { seed: seed * 100_003 + batch, numRuns: BATCH })
  }
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

/** What the service has said since the last look, and whether it still speaks. */
async function findingsAbout(service: Service, said: string, requests: number): Promise<Finding[]> {
  const finding = (what: string, answered = '') => ({
    what,
    kind: `after ${requests} requests`,
    sent: '',
    answered: answered.slice(0, 700),
  })
  const lines = said.split('\n').filter(Boolean)
  const stray = lines.filter((line) => !line.startsWith('{'))
  const internal = lines.filter((line) => line.includes('"internal_error"'))
  const secret = secrets.find((value) => said.includes(value))
  const authorization = `Bearer ${KEY}`
  const spoken = await service
    .vocalize({ text: `Still here, ${requests}`, voiceId: 'George' }, { authorization })
    .catch((error) => ({ status: `${error.cause ?? error}` }))
  return [
    ...(stray.length > 0 ? [finding('a stray line in the log', stray.join('\n'))] : []),
    ...(internal.length > 0 ? [finding('an internal error in the log', internal.join('\n'))] : []),
    ...(secret ? [finding(`the secret ${secret} in the log`)] : []),
    ...(spoken.status === 200 ? [] : [finding(`vocalize answers ${spoken.status}`, JSON.stringify(spoken))]),
  ]
}
