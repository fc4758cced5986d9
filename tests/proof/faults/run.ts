import { backlogOf, triesOf } from '../../support/catalog.ts'
import { ADMIN_KEY, retryIpfs } from '../../support/operator.ts'
import type { Environment, Service, Vocalized } from '../../support/service.ts'
import { cleanUpServices, startService } from '../../support/service.ts'
import type { Fault, StubVendors, VendorName } from '../../support/stub-vendors.ts'
import { classicPinataEnvironmentFor, environmentFor, startStubVendors } from '../../support/stub-vendors.ts'
import { until } from '../../support/until.ts'
import type { StorageCase } from './cases.ts'
import { speechCases, storageCases } from './cases.ts'
import { problemOfAnswer, problemOfRefusal } from './checks.ts'

const DEADLINE_MS = 1000
const SPEECH_TIMEOUT_MS = 3000
// What a busy machine may add to a time.
const SLACK_MS = 600

const environment: Environment = {
  ADMIN_API_KEY: ADMIN_KEY,
  RATE_LIMIT_PER_MINUTE: '100000',
  IPFS_RETRY_DELAYS_MS: '20,40,80',
  IPFS_ATTEMPT_TIMEOUT_MS: '300',
  UPLOAD_DEADLINE_MS: String(DEADLINE_MS),
  SPEECH_TIMEOUT_MS: String(SPEECH_TIMEOUT_MS),
  OPPORTUNISTIC_RETRY_CHANCE: '0',
}

const storage: VendorName[] = ['pinata', 'web3storage', 'infura', 'filebase', 'lighthouse', 'kubo']

/** One line of the table. */
export interface Row {
  where: string
  fault: string
  answer: string
  ms: number
  tries: number | string
  afterwards: string
  verdict: string
}

/** Plays every fault at each adapter, at the speech vendor, and at all of them together; gives each row to `onRow`. */
export async function runFaults(onRow: (row: Row) => void): Promise<void> {
  const vendors = await startStubVendors()
  try {
    for (const name of storage)
      await atOneProvider(vendors, name, name, environmentFor(vendors, [name]), onRow)
    const classic = classicPinataEnvironmentFor(vendors)
    await atOneProvider(vendors, 'pinata (classic)', 'pinata', classic, onRow)
    await atSpeech(vendors, onRow)
    await everywhere(vendors, onRow)
  } finally {
    await cleanUpServices()
    await vendors.close()
  }
}

async function atOneProvider(
  vendors: StubVendors,
  where: string,
  name: VendorName,
  provider: Environment,
  onRow: (row: Row) => void,
): Promise<void> {
  await vendors.reset()
  const service = await start(vendors, provider)
  for (const storageCase of storageCases) {
    onRow(await storageRow(service, vendors, { where, names: [name], storageCase }))
  }
  await service.stop()
}

async function atSpeech(vendors: StubVendors, onRow: (row: Row) => void): Promise<void> {
  await vendors.reset()
  const service = await start(vendors, environmentFor(vendors, ['pinata']))
  for (const { name, fault, status, code } of speechCases) {
    await vendors.always('elevenlabs', fault)
    const answer = await service.vocalize({ text: 'A fault at the voice', voiceId: 'George' })
    const problem = problemOfRefusal(answer, { status, code }, SPEECH_TIMEOUT_MS + SLACK_MS)
    await vendors.heal()
    const next = await service.vocalize()
    onRow({
      where: 'speech',
      fault: name,
      answer: describe(answer),
      ms: Math.round(answer.elapsedMs),
      tries: '',
      afterwards: next.status === 200 ? 'the next one speaks' : describe(next),
      verdict: problem ?? (next.status === 200 ? 'ok' : 'stays broken'),
    })
  }
  await service.stop()
}

async function everywhere(vendors: StubVendors, onRow: (row: Row) => void): Promise<void> {
  for (const storageCase of storageCases) {
    await vendors.reset()
    // A service of its own for each: what one fault has done to the breakers is no matter of the next one's.
    const service = await start(vendors, environmentFor(vendors, storage))
    onRow(await storageRow(service, vendors, { where: 'all providers', names: storage, storageCase }))
    await service.stop()
  }
}

async function start(vendors: StubVendors, providers: Environment): Promise<Service> {
  const speech = environmentFor(vendors, ['elevenlabs'])
  return startService({ environment: { ...environment, ...speech, ...providers } })
}

async function storageRow(
  service: Service,
  vendors: StubVendors,
  scene: { where: string; names: VendorName[]; storageCase: StorageCase },
): Promise<Row> {
  const { where, names, storageCase } = scene
  const { name, fault, isStored } = storageCase
  await breakAll(vendors, names, fault)
  const answer = await service.vocalize({ text: 'A fault at a provider', voiceId: 'George' })
  const problem = problemOfAnswer(answer, isStored, DEADLINE_MS + SLACK_MS)
  // What goes on behind the answer belongs to the first round, too.
  await until('the end of the first round', () => triesOf(service, answer.body.data.id).isOver, {
    timeoutMs: 30_000,
  })
  const { count } = triesOf(service, answer.body.data.id)
  await vendors.heal()
  await until('an empty backlog', () => backlogOf(service) === 0 || retryIpfs(service).then(() => false))
  const uploads = await uploadsOf(vendors, names, answer)
  // Where the answer of one was lost, the next has it too.
  const isOnce = uploads.length > 0 && uploads.every((upload) => upload.count === 1)
  const isTried = names.length > 1 || storageCase.tries === undefined || storageCase.tries === count
  return {
    where,
    fault: name,
    answer: describe(answer),
    ms: Math.round(answer.elapsedMs),
    tries: count,
    afterwards: uploads.map(({ vendor, count: times }) => `${vendor} ×${times}`).join(', ') || 'nowhere',
    verdict:
      problem ??
      (isTried ? undefined : `${storageCase.tries} tries`) ??
      (isOnce ? 'ok' : 'not stored once at a provider'),
  }
}

async function breakAll(vendors: StubVendors, names: VendorName[], fault: Fault): Promise<void> {
  for (const name of names) await vendors.always(name, fault)
}

async function uploadsOf(vendors: StubVendors, names: VendorName[], { body }: Vocalized) {
  const found: { vendor: VendorName; count: number }[] = []
  for (const vendor of names) {
    const holding = (await vendors.holdings(vendor)).find(({ cid }) => cid === body.data?.cid)
    if (holding) found.push({ vendor, count: holding.uploads })
  }
  return found
}

function describe({ status, body }: Vocalized): string {
  if (status !== 200) return `${status} ${body.code}`
  return body.data.isTemporary ? '200 temporary' : `200 stored at ${body.data.provider}`
}
