import { readdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from '../../support/json.ts'
import { type Memory, memoryMeter } from '../../support/live-memory.ts'
import { quick } from '../../support/operator.ts'
import { type Service, startService } from '../../support/service.ts'
import type { RecordedRequest } from '../../support/stub-vendors.ts'
import { environmentFor, type StubVendors, statusFault } from '../../support/stub-vendors.ts'
import { until } from '../../support/until.ts'

const SAMPLE_MS = 100

interface Options {
  characters: number
  /** How often the service is killed. */
  kills: number
  /** How long the vendor has no quota, about halfway. */
  withoutQuotaMs: number
  /** How long a piece takes to be spoken, at least. */
  pieceMs: number
  environment?: Record<string, string>
}

export interface ScriptReport {
  /** The script at its end, as it is answered. */
  script: Json
  service: Service
  /** How often each piece was answered whole by the vendor, by its text. */
  paid: Map<string, number>
  /** Answers that a kill has cut. */
  cut: number
  /** Answers that were whole, and that a kill kept from the disk. */
  lost: number
  /** The most that the service held after its last start, less what it held right then, garbage not counted, in mebibytes. */
  grownMiB: number
}

/** Has a script spoken by a service that is killed again and again, and whose vendor is out of quota for a while. */
export async function speakThroughCrashes(vendors: StubVendors, options: Options): Promise<ScriptReport> {
  const { characters, kills, pieceMs } = options
  const before = (await vendors.requests({})).at(-1)?.sequence
  const asked: Asked = () =>
    vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech', ...(before && { after: before }) })
  await vendors.speak({ chunkBytes: 64 * 1024, isUnique: false })
  await vendors.always('elevenlabs', { kind: 'late', delayMs: pieceMs })
  const meter = await memoryMeter()
  const service = await startService({
    environment: { ...quick, ...environmentFor(vendors), ...meter.environment, ...options.environment },
  })
  const { data: sent } = await post(service, chapterOf(characters))
  const read = async () => (await (await service.fetch(`/api/scripts/${sent.id}`)).json()).data
  const spoken = async (pieces: number) =>
    until(
      `${pieces} pieces`,
      async () => {
        const script = await read()
        if (script.state === 'failed')
          throw new Error(`The script has failed: ${JSON.stringify(script.error)}`)
        return script.spokenPieces >= pieces && script
      },
      { timeoutMs: 120_000 },
    )
  let lost = 0
  for (let kill = 1; kill <= kills; kill += 1) {
    await spoken(Math.floor((sent.pieceCount * kill) / (kills + 1)))
    await betweenAnswers(asked, read)
    await service.kill()
    lost = await countLost(asked, service)
    if (kill === Math.ceil(kills / 2)) await withoutQuota(vendors, service, read, options)
    else await service.restart()
  }
  const memory = watchMemory(() => meter.measure(service))
  const script = await stored(read)
  const grownMiB = await memory.stop()
  await vendors.heal()
  return { script, service, grownMiB, lost, ...countPaid(await asked()) }
}

/** Waits for the end of a script. Where it does not come, the error says how far it got. */
async function stored(read: () => Promise<Json>): Promise<Json> {
  let last: Json
  const isStored = async () => {
    last = await read()
    return last.state === 'stored' && last
  }
  return until('the joined clip is stored', isStored, { timeoutMs: 240_000 }).catch((error: unknown) => {
    throw new Error(`The script at last: ${JSON.stringify(last)}`, { cause: error })
  })
}

async function post(service: Service, text: string): Promise<Json> {
  const response = await service.fetch('/api/scripts', {
    method: 'POST',
    body: JSON.stringify({ text, voiceId: 'George' }),
  })
  if (response.status !== 202) throw new Error(`Answered ${response.status}: ${await response.text()}`)
  return response.json()
}

/** Waits, not for ever, for a moment at which pieces are being spoken and none has just been answered. */
async function betweenAnswers(asked: Asked, read: () => Promise<Json>) {
  const isBetween = async () => {
    const { spokenPieces } = await read()
    const requests = await asked()
    const isRunning = requests.some(({ endedAt }) => endedAt === undefined)
    return isRunning && requests.filter(isAnswered).length === spokenPieces
  }
  await until('pieces are in the middle', isBetween, { timeoutMs: 3000 }).catch(() => {})
}

/**
 * How many pieces the vendor had sent whole and no disk had taken when the service was killed: only they are to be paid
 * for again.
 */
async function countLost(asked: Asked, { directory }: Service): Promise<number> {
  const requests = await until('the vendor knows that nobody listens', async () => {
    const all = await asked()
    return all.every(({ endedAt }) => endedAt !== undefined) && all
  })
  const database = new DatabaseSync(`${directory}/catalog.sqlite`, { readOnly: true, timeout: 10_000 })
  const rows = database.prepare("select id from clips where state <> 'speaking'").all()
  const joined = database.prepare('select clip_id from scripts').get()?.clip_id
  database.close()
  const files = readdirSync(`${directory}/audio`).filter((name) => !name.includes('.'))
  const durable = new Set([...rows.map(({ id }) => id), ...files])
  durable.delete(joined ?? '')
  return requests.filter(isAnswered).length - durable.size
}

/** What this script has asked the vendor for. */
type Asked = () => Promise<RecordedRequest[]>

const isAnswered = ({ status, isComplete }: RecordedRequest) => status === 200 && Boolean(isComplete)

/** Starts the service while its vendor is out of quota, which lasts for a while. */
async function withoutQuota(
  vendors: StubVendors,
  service: Service,
  read: () => Promise<Json>,
  { pieceMs, withoutQuotaMs }: Options,
) {
  await vendors.always('elevenlabs', statusFault(401, { code: 'quota_exceeded' }))
  await service.restart()
  await until('the script waits for quota', async () => {
    const { error } = await read()
    return error?.code === 'speech_quota_exceeded'
  })
  await sleep(withoutQuotaMs)
  await vendors.always('elevenlabs', { kind: 'late', delayMs: pieceMs })
}

function countPaid(requests: RecordedRequest[]) {
  const paid = new Map<string, number>()
  for (const { body } of requests.filter(isAnswered)) {
    const { text } = JSON.parse(body ?? '{}')
    paid.set(text, (paid.get(text) ?? 0) + 1)
  }
  const cut = requests.filter(({ status, isComplete }) => !isComplete && (status ?? 200) === 200).length
  return { paid, cut }
}

function watchMemory(measure: () => Promise<Memory>) {
  let isOver = false
  const grownMiB = (async () => {
    const before = (await measure()).liveMiB
    let most = before
    while (!isOver) {
      most = Math.max(most, (await measure()).liveMiB)
      await sleep(SAMPLE_MS)
    }
    return most - before
  })()
  grownMiB.catch(() => {})
  return {
    stop() {
      isOver = true
      return grownMiB
    },
  }
}

/** A text of so many characters, all of whose sentences differ. */
export function chapterOf(characters: number): string {
  let text = ''
  for (let number = 1; text.length < characters; number += 1) {
    text += `Sentence number ${number} tells of what came after sentence ${number - 1}${number % 7 ? '. ' : '.\n\n'}`
  }
  return text.slice(0, characters)
}
