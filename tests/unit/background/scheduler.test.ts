import { rm } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { afterCron, afterResponse } from '#lib/background/after-response.ts'
import { startBackground } from '#lib/background/scheduler.ts'
import type { Handle, Task, WorkQueue } from '#lib/queue/queue.ts'
import { startService } from '#lib/server/lifecycle.ts'
import { refused, unavailable } from '../../support/fake-provider.ts'
import { speak, testServices, waitingClips } from '../../support/services.ts'
import { startWebhookReceiver, WEBHOOK_SECRET } from '../../support/webhook-receiver.ts'

const later = new AbortController().signal

/** A process that works, whose tasks come from the test. */
async function working(environment: Record<string, string> = {}) {
  const world = await testServices({ environment })
  let handle: Handle = async () => {}
  let isStopped = false
  const workQueue: WorkQueue = {
    enqueue() {},
    work(given) {
      handle = given
      return async () => {
        isStopped = true
      }
    },
    close: async () => {},
  }
  const services = { ...world.services, workQueue }
  const stop = startBackground(services, { recovered: async () => {} })
  onTestFinished(stop)
  return {
    ...world,
    services,
    stop,
    isStopped: () => isStopped,
    come: (kind: Task['kind'], id = 'all') => handle({ kind, id }),
  }
}

describe('a process that works, given', () => {
  it('an upload, uploads that clip and then drains the backlog', async () => {
    const { services, clock, first, come } = await working()
    const [id = ''] = await waitingClips(services, 3)
    await clock.advance(1)
    await clock.until(come('upload', id))
    const [attempt] = await services.catalog.attempts.ofClip(id)
    expect(attempt).toMatchObject({ trigger: 'queue', outcome: 'stored' })
    expect(first.taken.size).toBe(3)
  })

  it('an upload before its date, does not try it', async () => {
    const { services, providers, clock, come } = await working()
    for (const provider of providers) provider.next(refused())
    const { id } = await speak(services)
    await clock.until(come('upload', id))
    expect(providers.flatMap(({ uploads }) => uploads)).toHaveLength(2)
  })

  it('an upload that is running already, does not try it again', async () => {
    const { services, first, clock, come } = await working()
    const [id = ''] = await waitingClips(services, 1)
    first.always(async ({ cid }) => {
      await clock.sleep(5000)
      first.take(cid)
      return { cid }
    })
    await clock.advance(1)
    await clock.until(Promise.all([come('upload', id), come('upload', id), come('upload', id)]))
    expect(first.uploads).toHaveLength(1)
  })

  it('an upload while all breakers are open, claims nothing', async () => {
    const { services, providers, clock, come } = await working()
    for (const provider of providers) provider.next(unavailable(60_000))
    const { id } = await speak(services)
    await clock.advance(5000)
    await clock.until(come('upload', id))
    expect(await services.catalog.clips.find(id)).toMatchObject({ failedRounds: 1, leaseOwner: null })
  })

  it('due work, uploads all that is due and makes the replicas that are', async () => {
    const { services, clock, first, second, come } = await working({ IPFS_REPLICAS: '2' })
    await waitingClips(services, 8)
    await clock.advance(1)
    await clock.until(come('due-work'))
    expect([first.taken.size, second.taken.size]).toEqual([8, 8])
  })

  it('a clean-up, expires the clips whose time is over', async () => {
    const { services, clock, providers, come } = await working()
    for (const provider of providers) provider.always(refused())
    const { id } = await speak(services)
    // A longer step would count as a clock that was set.
    for (let step = 0; step < 10; step += 1) {
      await clock.advance(500_000)
      await clock.until(come('clean-up'))
    }
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'expired' })
  })

  it('the same maintenance job four times at once, runs it twice, one after the other', async () => {
    const { services, clock, first, come } = await working({ IPFS_REPLICAS: '2' })
    let claims = 0
    const { claim } = services.catalog.replications
    services.catalog.replications.claim = async (options) => {
      claims += 1
      await clock.sleep(1000)
      return claim(options)
    }
    await clock.until(Promise.all([1, 2, 3, 4].map(() => come('replicate'))))
    expect(claims).toBe(2)
    expect(clock.passed()).toBe(2000)
    expect(first.uploads).toEqual([])
  })

  it('a task that fails, logs that once and goes on', async () => {
    const { services, clock, lines, first, come } = await working()
    const [id = ''] = await waitingClips(services, 1)
    await clock.advance(1)
    const { claim } = services.catalog.queue
    services.catalog.queue.claim = () => Promise.reject(new Error('The disk is on fire'))
    await expect(clock.until(come('upload', id))).rejects.toThrow('on fire')
    services.catalog.queue.claim = claim
    await clock.until(come('upload', id))
    expect(first.taken.size).toBe(1)
    expect(lines.filter(({ msg }) => msg === 'Background work failed')).toHaveLength(1)
  })
})

describe('a process that works by itself', () => {
  /** With its own work queue, and no timer but that of the clock of the test. */
  async function alone() {
    const world = await testServices({ environment: { OPPORTUNISTIC_RETRY_CHANCE: '0' } })
    const stop = startBackground(world.services, { recovered: async () => {} })
    onTestFinished(stop)
    const dateOf = async (id: string) => (await world.services.catalog.clips.find(id))?.nextAttemptAt ?? 0
    const fail = () => {
      for (const provider of world.providers) provider.always(refused())
    }
    const heal = () => {
      for (const provider of world.providers) provider.always('store')
    }
    const attempts = async (id: string) => world.services.catalog.attempts.ofClip(id)
    return { ...world, dateOf, fail, heal, attempts, stop }
  }

  it('tries a clip again at the date that it was given, not before and not later', async () => {
    const { services, clock, dateOf, fail, heal, attempts } = await alone()
    fail()
    const { id } = await speak(services)
    heal()
    const dueAt = await dateOf(id)
    await clock.advance(dueAt - clock.now() - 1)
    expect((await attempts(id)).filter(({ outcome }) => outcome === 'stored')).toEqual([])
    await clock.advance(1)
    expect((await attempts(id)).at(-1)).toMatchObject({
      trigger: 'timer',
      outcome: 'stored',
      startedAt: dueAt,
    })
  })

  it('keeps the date of each later attempt too', async () => {
    const { services, clock, dateOf, fail, attempts } = await alone()
    fail()
    const { id } = await speak(services)
    const dates: number[] = []
    for (let round = 0; round < 3; round += 1) {
      const dueAt = await dateOf(id)
      dates.push(dueAt)
      await clock.advance(dueAt - clock.now())
    }
    const byTimer = (await attempts(id)).filter(({ trigger }) => trigger === 'timer')
    expect(new Set(byTimer.map(({ startedAt }) => startedAt))).toEqual(new Set(dates))
  })

  it('tries the one clip at its date while another one waits for a later date', async () => {
    const { services, clock, dateOf, fail, heal } = await alone()
    fail()
    const { id: first } = await speak(services)
    await clock.advance((await dateOf(first)) - clock.now())
    const { id: second } = await speak(services)
    expect(await dateOf(second)).toBeLessThan(await dateOf(first))
    heal()
    await clock.advance((await dateOf(second)) - clock.now())
    // One that succeeds takes all others with it.
    for (const id of [first, second]) {
      expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'stored' })
    }
  })

  it('tries a clip that was due during a cool-down within five seconds of its end', async () => {
    const { services, clock, providers, attempts } = await alone()
    for (const provider of providers) provider.next(unavailable(60_000))
    const { id } = await speak(services)
    await clock.advance(59_000)
    expect(await attempts(id)).toHaveLength(2)
    await clock.advance(6000)
    expect((await attempts(id)).at(-1)).toMatchObject({ outcome: 'stored' })
  })

  it('sleeps while nothing waits', async () => {
    const { services, clock, dateOf, fail, heal } = await alone()
    fail()
    const { id } = await speak(services)
    heal()
    await clock.advance((await dateOf(id)) - clock.now() + 60_000)
    expect(clock.sleeping()).toBe(0)
  })
})

it('a process that works stops taking tasks when its background work is ended', async () => {
  const { stop, isStopped } = await working()
  await stop()
  expect(isStopped()).toBe(true)
})

describe('with BACKGROUND=off', () => {
  const environment = { BACKGROUND: 'off', OPPORTUNISTIC_RETRY_CHANCE: '1' }

  async function answering() {
    const world = await testServices({ environment })
    const ids = await waitingClips(world.services, 3)
    const service = startService(world.services)
    onTestFinished(() => service.drain())
    await service.checkReady()
    await world.clock.until(world.services.tasks.settled())
    return { ...world, ids, service }
  }

  it('clips that wait are left to workers: at the start, after answers and after audio', async () => {
    const { services, clock, ids, service, first } = await answering()
    const clip = await speak(services)
    expect(clip.state).toBe('stored')
    await clock.advance(600_000)
    await clock.until(service.afterVocalize(clip))
    await clock.until(service.afterTempAudio())
    expect(first.taken.size).toBe(1)
    for (const id of ids) expect(await services.catalog.clips.find(id)).toMatchObject({ failedRounds: 0 })
  })

  it('the lease of a process that has died on this host is taken back all the same', async () => {
    const { services, clock, directory, providers } = await testServices()
    const ids = await waitingClips(services, 2)
    const lease = { owner: services.leaseOwner, expiresAt: clock.now() + 3_600_000 }
    await services.catalog.queue.claim({ limit: 1, now: clock.now() + 1, lease, dueOnly: false })
    const next = await testServices({ directory, providers, environment })
    const service = startService(next.services)
    onTestFinished(() => service.drain())
    await service.checkReady()
    const clips = await Promise.all(ids.map((id) => next.services.catalog.clips.find(id)))
    expect(clips.map((clip) => clip?.leaseOwner)).toEqual([null, null])
  })

  it('audio that has lost its record is left to workers', async () => {
    const { services, directory, bury } = await testServices()
    await waitingClips(services, 2)
    await bury()
    for (const end of ['', '-wal', '-shm']) await rm(`${directory}/catalog.sqlite${end}`, { force: true })
    const next = await testServices({ directory, environment })
    const service = startService(next.services)
    onTestFinished(() => service.drain())
    await service.checkReady()
    expect(await next.services.catalog.queue.countWaiting(next.clock.now())).toBe(0)
  })

  it('a provider whose cool-down is over is probed, so that callers get it again', async () => {
    const { services, clock, service, providers } = await answering()
    for (const provider of providers) provider.next(unavailable(20_000))
    await speak(services)
    expect(services.chain.canTry('interactive')).toBe(false)
    await clock.advance(20_001)
    const clip = await speak(services)
    expect(clip.state).toBe('pending')
    await clock.until(service.afterVocalize(clip))
    expect((await speak(services)).state).toBe('stored')
  })
})

describe('where nothing runs between requests', () => {
  /** As on Vercel: requests are followed by work, and nothing else does any. */
  async function serverless(environment: Record<string, string> = {}) {
    const world = await testServices({ environment: { OPPORTUNISTIC_RETRY_CHANCE: '0', ...environment } })
    const config = { ...world.services.config, hasBackground: false }
    return { ...world, services: { ...world.services, config } }
  }

  it('an answer is followed by the upload of the backlog', async () => {
    const { services, clock, first } = await serverless()
    await waitingClips(services, 3)
    await clock.until(afterResponse(services, await speak(services)))
    expect(first.taken.size).toBe(4)
  })

  it('an answer is followed by the webhooks that are due', async () => {
    const receiver = await startWebhookReceiver()
    onTestFinished(() => receiver.close())
    const { services } = await serverless({ WEBHOOK_URL: receiver.url, WEBHOOK_SECRET })
    const clip = await speak(services)
    await afterResponse(services, clip)
    expect(receiver.received).toMatchObject([{ status: 204, message: { data: { id: clip.id } } }])
  })

  it('cron is followed by nothing once its time is over', async () => {
    const { services, clock, providers } = await serverless()
    for (const provider of providers) provider.always(refused())
    const { id } = await speak(services)
    await clock.advance(3_600_001)
    await clock.until(afterCron(services, AbortSignal.abort()))
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'pending' })
  })

  it('cron is followed by all that timers do elsewhere, such as the expiry of clips', async () => {
    const { services, clock, providers } = await serverless()
    for (const provider of providers) provider.always(refused())
    const { id } = await speak(services)
    await clock.advance(3_600_001)
    await clock.until(afterCron(services, later))
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'expired' })
  })

  it.each<Record<string, string>>([{}, { BACKGROUND: 'off' }])(
    'cron is followed by nothing where timers or workers do that: %o',
    async (environment) => {
      const { services, clock, providers } = await testServices({ environment })
      for (const provider of providers) provider.always(refused())
      const { id } = await speak(services)
      await clock.advance(3_600_001)
      await clock.until(afterCron(services, later))
      expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'pending' })
    },
  )
})
