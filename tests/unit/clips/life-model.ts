import { existsSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { expect } from 'vitest'
import { afterResponse } from '#lib/background/after-response.ts'
import { drainBacklog } from '#lib/background/drain-backlog.ts'
import { retryOpportunistically } from '#lib/background/opportunistic.ts'
import { readBack, runMaintenance } from '#lib/background/tasks.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { hostIdentity } from '#lib/platform/process-identity.ts'
import { disagreements, recordsIn } from '../../support/agreement.ts'
import {
  FakeProvider,
  type LookupBehaviour,
  refused,
  type UploadBehaviour,
  unavailable,
} from '../../support/fake-provider.ts'
import { FakeSpeech } from '../../support/fake-speech.ts'
import { createLife } from '../../support/mortal.ts'
import { recoverAll } from '../../support/recover-all.ts'
import { speak, testServices } from '../../support/services.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const HOUR_MS = 3_600_000
const MAX_BYTES = 25_000
const environment = { TEMP_AUDIO_MAX_BYTES: String(MAX_BYTES), OPPORTUNISTIC_RETRY_CHANCE: '0.5' }
const never = new AbortController().signal

/** How long a slow provider takes to store a clip. */
const SLOW_MS = 20_000

const behaviours: Record<string, UploadBehaviour | 'slow'> = {
  slow: 'slow',
  store: 'store',
  lose_answer: 'lose_answer',
  hang: 'hang',
  hang_after_storing: 'hang_after_storing',
  unavailable: unavailable(),
  'unavailable for a minute': unavailable(60_000),
  refused: refused(),
}
const lookups: Record<string, LookupBehaviour> = {
  answer: 'answer',
  hang: 'hang',
  unavailable: unavailable(),
}

/** One thing that happens to the service. */
type Event =
  | { kind: 'speak'; durationMs: number; isAwaited: boolean }
  | { kind: 'tick' | 'hook' | 'drain' | 'restart' }
  | { kind: 'admin'; limit: number }
  | { kind: 'provider'; which: number; upload: string; lookup: string; isOnce: boolean }
  | { kind: 'kill'; inSteps: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'set clock'; byMs: number }

// fast-check builds the record from its fields one by one, so that TypeScript cannot see which event it is.
const some = <T extends object>(kind: Event['kind'], fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<Event>

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: some('speak', { durationMs: fc.integer({ min: 60, max: 1500 }), isAwaited: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: some('provider', {
      which: fc.nat({ max: 1 }),
      upload: fc.constantFrom(...Object.keys(behaviours)),
      lookup: fc.constantFrom(...Object.keys(lookups)),
      isOnce: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: some('tick', {}) },
  { weight: 1, arbitrary: some('hook', {}) },
  { weight: 1, arbitrary: some('drain', {}) },
  { weight: 1, arbitrary: some('restart', {}) },
  { weight: 2, arbitrary: some('admin', { limit: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 3, arbitrary: some('kill', { inSteps: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 2,
    arbitrary: some('pass', { ms: fc.constantFrom(100, 5000, 30_000, 600_000, HOUR_MS - 200_000, HOUR_MS) }),
  },
  {
    weight: 1,
    arbitrary: some('set clock', { byMs: fc.constantFrom(-HOUR_MS, -1000, 1000, HOUR_MS / 2, HOUR_MS) }),
  },
)

/** The service through all of its restarts, and what its callers were answered. */
async function createModel() {
  const directory = await temporaryDirectory()
  const providers = [new FakeProvider('pinata'), new FakeProvider('kubo')]
  const speech = new FakeSpeech()
  const answers: VocalizedClip[] = []
  /** The latest time that any clock has shown: whatever was due until then may have happened. */
  let latest = 0
  let lives = 0
  let current = await begin(Date.now())

  async function begin(now: number) {
    const clock = createSimulatedClock({ now })
    const life = createLife()
    const world = await testServices({ clock, directory, providers, speech, environment, life })
    speech.beforeChunk = (sizeBytes) => life.moment(`byte ${sizeBytes}`)
    lives += 1
    // Every second process cannot be seen to have died, since its process id is in use again.
    const processId = lives % 2 === 0 ? process.ppid : process.pid
    const leaseOwner = `${hostIdentity}:${processId}:${lives}`
    return { ...world, services: { ...world.services, leaseOwner }, life }
  }

  async function restart() {
    current.life.endIn(0)
    await current.bury()
    current = await begin(current.clock.now() + 500)
    const { services } = current
    await during(recoverAll(services).then(() => drainBacklog(services)))
  }

  /** Runs `work` until it is done or the process has died; then the next process starts. */
  async function during(work: Promise<unknown>) {
    await current.clock.until(Promise.race([work.catch(ignoreRefusal), current.life.ended]))
    if (current.life.isOver) await restart()
  }

  function slow(provider: FakeProvider): UploadBehaviour {
    return async ({ cid }) => {
      await current.clock.sleep(SLOW_MS)
      provider.take(cid)
      return { cid }
    }
  }

  async function call(durationMs: number) {
    const { services } = current
    speech.durationMs = durationMs
    const clip = await services.tasks.track(speak(services))
    answers.push(clip)
    void services.tasks.track(afterResponse(services, clip)).catch(ignoreRefusal)
  }

  const actions: { [K in Event['kind']]: (event: Extract<Event, { kind: K }>) => Promise<void> } = {
    async speak({ durationMs, isAwaited }) {
      const called = call(durationMs)
      await during(isAwaited ? called : Promise.race([called, current.clock.sleep(1)]))
      called.catch(ignoreRefusal)
    },
    tick: () => during(runMaintenance(current.services).then(() => readBack(current.services))),
    hook: () => during(retryOpportunistically(current.services)),
    drain: () => during(drainBacklog(current.services)),
    admin: ({ limit }) =>
      during(uploadPending(current.services, { limit, trigger: 'admin', signal: never, dueOnly: false })),
    async provider({ which, upload, lookup, isOnce }) {
      const provider = providers[which] as FakeProvider
      const planned = behaviours[upload] as UploadBehaviour | 'slow'
      const behaviour = planned === 'slow' ? slow(provider) : planned
      if (isOnce) provider.next(behaviour)
      else provider.always(behaviour)
      provider.looking = lookups[lookup] as LookupBehaviour
    },
    async kill({ inSteps }) {
      current.life.endIn(inSteps)
    },
    restart: () => restart(),
    pass: ({ ms }) => during(current.clock.sleep(ms)),
    async 'set clock'({ byMs }) {
      current.clock.set(byMs)
    },
  }

  async function checkInvariants() {
    latest = Math.max(latest, current.clock.now())
    const records = new Map(recordsIn(directory).map((record) => [record.id, record]))
    const held = [...records.values()].filter((record) => record.is_held === 1)
    expect(held.reduce((sum, record) => sum + record.size_bytes, 0)).toBeLessThanOrEqual(MAX_BYTES)
    expect(providers.map(({ doubles }) => doubles)).toEqual([0, 0])
    for (const { id, cid, expiresAt } of answers) {
      const state = records.get(id)?.state ?? 'lost'
      const isAtProvider = providers.some(({ taken }) => taken.has(cid))
      const isHere = existsSync(path.join(directory, 'audio', id))
      const isOver = latest >= expiresAt
      expect({ id, state, isSafe: state === 'stored' ? isAtProvider : isHere || isOver }).toEqual({
        id,
        state: expect.stringMatching(isOver ? /./ : /^(staged|pending|stored)$/),
        isSafe: true,
      })
    }
  }

  /**
   * All providers work again, and the service runs by itself until an hour and a half after the latest time that it has
   * ever known: nothing may be left to do.
   */
  async function settle() {
    for (const provider of providers) provider.always('store', 'answer')
    await restart()
    for (const end = latest + 1.5 * HOUR_MS; current.clock.now() < end; ) {
      await during(current.clock.sleep(300_000))
      await during(readBack(current.services).then(() => runMaintenance(current.services)))
    }
    await current.clock.until(current.services.tasks.settled())
    await checkInvariants()
    expect(await current.services.catalog.totals()).toMatchObject({ waitingClips: 0 })
    expect(await current.services.catalog.queue.owners()).toEqual([])
    expect(await disagreements(directory)).toEqual([])
    await current.bury()
  }

  await restart()
  return {
    async apply(event: Event) {
      // The action of this kind takes this event, which TypeScript does not follow through the table.
      await actions[event.kind](event as never)
      await checkInvariants()
    },
    settle,
  }
}

/** A refusal is an answer, too. Any other error must never reach a caller. */
function ignoreRefusal(error: unknown) {
  if (!ServiceError.isInstance(error)) throw error
}

/** Runs the service `lives` times through random events, the same ones in every run with the same `seed`. */
export async function liveThrough({ seed, lives }: { seed: number; lives: number }): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { minLength: 5, maxLength: 30 }), async (events) => {
      const model = await createModel()
      for (const event of events) await model.apply(event)
      await model.settle()
    }),
    { seed, numRuns: lives, endOnFailure: true },
  )
}
