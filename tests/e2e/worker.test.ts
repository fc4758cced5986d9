import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backlogOf } from '../support/catalog.ts'
import { readEvents } from '../support/events.ts'
import { lacking } from '../support/lacking.ts'
import { quick } from '../support/operator.ts'
import { type Program, run, startProgram } from '../support/program.ts'
import { type RedisServer, startRedis } from '../support/servers/redis.ts'
import { newDirectory, repositoryBeside, type Service, startService } from '../support/service.ts'
import { ServiceOutput } from '../support/service-output.ts'
import { environmentFor, statusFault } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { startWebhookReceiver, WEBHOOK_SECRET, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { useVendors } from '../support/world.ts'

const redisServer = await startRedis().catch(() => undefined)
const world = useVendors()
const redis = redisServer as RedisServer
afterAll(() => redisServer?.stop())

/** Traffic and clean-up would take part at every opportunity, if they did here. */
const environment = (changes: Record<string, string> = {}) => ({
  ...quick,
  ...environmentFor(world.vendors),
  OPPORTUNISTIC_RETRY_CHANCE: '1',
  CLEANUP_INTERVAL_SECONDS: '1',
  REDIS_URL: redis.url,
  ...changes,
})

const startWeb = (directory: string, changes: Record<string, string> = {}) =>
  startService({ directory, environment: environment({ BACKGROUND: 'off', ...changes }) })

/** A worker beside the web instances on `directory`. */
function startWorker(directory: string, changes: Record<string, string> = {}): Promise<Program> {
  return startProgram({
    file: 'bin/worker.ts',
    environment: {
      ...environment(changes),
      TEMP_AUDIO_DIR: directory,
      IPFS_REPOSITORY_DIR: repositoryBeside(directory),
    },
    isReady: (said) => said.includes('"Recovered"'),
  })
}

/** Clips that no provider took, as they were answered. */
async function pendingClips(web: Service, count: number) {
  await world.vendors.always('pinata', statusFault(401))
  const answers = await Promise.all(Array.from({ length: count }, () => web.vocalize()))
  for (const { status, body } of answers) expect([status, body.data.isTemporary]).toEqual([200, true])
  return answers.map(({ body }) => body.data)
}

const emptied = (web: Service, timeoutMs = 15_000) =>
  until('an empty backlog', () => backlogOf(web) === 0, { timeoutMs })

/** How often Pinata took each of `clips`. */
async function uploadsOf(clips: { cid: string }[]) {
  const holdings = await world.vendors.holdings('pinata')
  return clips.map(({ cid }) => holdings.find((holding) => holding.cid === cid)?.uploads)
}

/** The processes that hold a lease now. */
function leaseOwners({ directory }: Service): number[] {
  const database = new DatabaseSync(`${directory}/catalog.sqlite`, { readOnly: true, timeout: 10_000 })
  try {
    const rows = database.prepare('select lease_owner from clips where lease_owner is not null').all()
    return rows.map((row) => Number(String(row.lease_owner).split(':')[1]))
  } finally {
    database.close()
  }
}

describe.skipIf(lacking(redisServer !== undefined, 'there is no Redis'))(
  'a web instance with BACKGROUND=off and a worker',
  () => {
    let receiver: WebhookReceiver
    let web: Service
    let worker: Program
    beforeAll(async () => {
      receiver = await startWebhookReceiver()
      web = await startWeb(await newDirectory(), hook())
    })
    afterAll(async () => {
      await web?.stop()
      receiver?.close()
    })
    const hook = () => ({ WEBHOOK_URL: receiver.url, WEBHOOK_SECRET })

    it('share the work: one answers, the other uploads within seconds of the provider’s recovery', async () => {
      const clips = await pendingClips(web, 3)
      await world.vendors.heal()
      const stored = await web.vocalize()
      expect(stored.body.data.isTemporary).toBe(false)
      for (let listens = 0; listens < 5; listens += 1) {
        const response = await web.fetch(`/api/temp-audio/${clips[0].id}`)
        expect((await response.arrayBuffer()).byteLength).toBe(clips[0].bytes)
      }
      await sleep(2500)
      expect(backlogOf(web)).toBe(3)

      worker = await startWorker(web.directory, hook())
      await emptied(web)
      expect(await uploadsOf(clips)).toEqual([1, 1, 1])

      const later = await pendingClips(web, 5)
      const events = readEvents(await web.fetch(`/api/clips/${later[0].id}/events`))
      await world.vendors.heal()
      await emptied(web)
      expect(await uploadsOf(later)).toEqual([1, 1, 1, 1, 1])
      const last = (await Array.fromAsync(events)).at(-1)
      expect(last).toMatchObject({ event: 'clip', data: { state: 'stored' } })
    })

    it('tell the receiver of webhooks what the web instance has stored', async () => {
      const { body } = await web.vocalize()
      const [webhook] = await receiver.waitFor(body.data.id, 1500)
      expect(webhook?.message).toMatchObject({ type: 'clip.stored' })
    })

    it('lose nothing when Redis is emptied, and nothing while it is away', async () => {
      const before = await pendingClips(web, 3)
      await redis.empty()
      await world.vendors.heal()
      await emptied(web)

      await redis.stop()
      const during = await pendingClips(web, 3)
      await world.vendors.heal()
      await emptied(web)
      const straight = await web.vocalize()
      expect(straight.body.data.isTemporary).toBe(false)
      expect(straight.elapsedMs).toBeLessThan(2000)

      await redis.start()
      const after = await pendingClips(web, 3)
      await world.vendors.heal()
      await emptied(web)
      expect(await uploadsOf([...before, ...during, ...after])).toEqual(Array(9).fill(1))
      expect((await worker.stop()).elapsedMs).toBeLessThan(5000)
    })

    it('finish what a worker had begun that was killed, once its lease has run out', async () => {
      const slow = { IPFS_ATTEMPT_TIMEOUT_MS: '4000', UPLOAD_DEADLINE_MS: '500' }
      const workers = await Promise.all([startWorker(web.directory, slow), startWorker(web.directory, slow)])
      const clips = await pendingClips(web, 1)
      await world.vendors.always('pinata', { kind: 'hang-after-storing' })
      const victim = await until('a worker at work', () => {
        const [owner] = leaseOwners(web)
        return workers.find(({ processId }) => processId === owner)
      })
      await until('the upload', async () => (await uploadsOf(clips))[0] === 1)
      await victim.kill()
      await world.vendors.heal()
      await emptied(web, 45_000)
      expect(await uploadsOf(clips)).toEqual([1])
      await Promise.all(workers.filter((other) => other !== victim).map((other) => other.stop()))
    }, 90_000)
  },
)

describe('a worker', () => {
  const alone = { REDIS_URL: '', WORKER_PORT: '0' }
  let web: Service
  beforeAll(async () => {
    web = await startWeb(await newDirectory(), { REDIS_URL: '' })
  })

  it('gives back what does not end within SHUTDOWN_GRACE_MS, and at a second signal ends at once', async () => {
    const { directory } = web
    await pendingClips(web, 1)
    await world.vendors.always('pinata', { kind: 'hang' })
    const slow = { ...alone, IPFS_ATTEMPT_TIMEOUT_MS: '60000' }
    const patient = await startWorker(directory, { ...slow, SHUTDOWN_GRACE_MS: '2000' })
    await until('work', () => leaseOwners(web).includes(patient.processId))
    expect((await patient.stop()).elapsedMs).toBeLessThan(7000)
    expect(leaseOwners(web)).toEqual([])

    const { promise: ended, resolve } = Promise.withResolvers<number | string>()
    const hasty = await startProgram({
      file: 'bin/worker.ts',
      environment: { ...environment(slow), TEMP_AUDIO_DIR: directory },
      isReady: (said) => said.includes('"Recovered"'),
      onUnasked: resolve,
    })
    await until('work', () => leaseOwners(web).includes(hasty.processId))
    process.kill(hasty.processId, 'SIGTERM')
    await until('the first signal to be heard', () => hasty.output.text.includes('Stopping'))
    await sleep(700)
    process.kill(hasty.processId, 'SIGTERM')
    expect(await ended).toBe(1)
    await world.vendors.heal()
  })

  it('needs neither Redis nor a web instance beside it, says that it is ready, and finishes what it does before it stops', async () => {
    const clips = await pendingClips(web, 1)
    const before = backlogOf(web)
    await web.stop()
    await world.vendors.always('pinata', { kind: 'late', delayMs: 1500 })
    const worker = await startWorker(web.directory, { ...alone, IPFS_ATTEMPT_TIMEOUT_MS: '5000' })
    const address = await until('an address', () => worker.output.text.match(/http:\/\/localhost:\d+/)?.[0])
    const ask = (pathname: string) => fetch(new URL(pathname, address.replace('localhost', '127.0.0.1')))
    expect(await (await ask('/api/health')).json()).toEqual({ status: 'alive' })
    expect(await (await ask('/api/health/ready')).json()).toEqual({ status: 'ready' })
    expect((await ask('/api/agents/vocalize')).status).toBe(404)
    await until('work', () => leaseOwners(web).includes(worker.processId))
    const { elapsedMs } = await worker.stop()
    expect(elapsedMs).toBeLessThan(5000)
    expect(await uploadsOf(clips)).toEqual([1])
    expect(backlogOf(web)).toBeLessThan(before)
    await world.vendors.heal()
  })

  it('does not start when it is configured wrongly, and says why in one line', async () => {
    const output = new ServiceOutput()
    const { exited } = run('bin/worker.ts', { REDIS_URL: 'http://redis' }, output)
    expect(await exited).toBe(1)
    expect(output.text.trim().split('\n')).toHaveLength(1)
    expect(output.text).toContain('REDIS_URL')
  })
})
