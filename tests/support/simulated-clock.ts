import type { Clock } from '#lib/platform/clock.ts'
import { seededRandom } from './random.ts'

interface Sleeper {
  wakesAt: number
  wake: () => void
}

/** What a process waits for besides the clock while it works: files, mostly. */
const work = /^(FSReq|Close|FileHandleClose|Hash|SubtleCrypto)/
const QUIET_TURNS = 3

/**
 * Time that passes only when everybody waits for it. `advance` and `until` go from one sleeper to the next, and let
 * the work in between come to rest first; no test ever really waits.
 */
export function createSimulatedClock(options: { now?: number; seed?: number; random?: () => number } = {}) {
  const random = options.random ?? seededRandom(options.seed ?? 1)
  /** What the wall clock adds to the time that has passed; sleepers do not notice when somebody sets it. */
  let offsetMs = options.now ?? Date.UTC(2026, 10, 22, 12)
  let passedMs = 0
  const sleepers = new Set<Sleeper>()

  const clock: Clock = {
    now: () => passedMs + offsetMs,
    random,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const sleeper = { wakesAt: passedMs + ms, wake: resolve }
      const onAbort = () => reject(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      sleepers.add(sleeper)
      try {
        await promise
      } finally {
        sleepers.delete(sleeper)
        signal?.removeEventListener('abort', onAbort)
      }
    },
  }

  const nextWake = () => Math.min(...[...sleepers].map(({ wakesAt }) => wakesAt))

  function pass(untilMs: number) {
    passedMs = Math.max(passedMs, untilMs)
    for (const sleeper of sleepers) if (sleeper.wakesAt <= passedMs) sleeper.wake()
  }

  return {
    ...clock,
    /** How many wait for the clock now. */
    sleeping: () => sleepers.size,
    /** Milliseconds since the simulation began, whatever the wall clock says. */
    passed: () => passedMs,
    /** Sets the wall clock forwards or backwards. */
    set(byMs: number) {
      offsetMs += byMs
    },
    atRest,
    /** Lets `ms` milliseconds pass. */
    async advance(ms: number) {
      const endMs = passedMs + ms
      await atRest()
      for (let next = nextWake(); next <= endMs; next = nextWake()) {
        pass(next)
        await atRest()
      }
      pass(endMs)
    },
    /** Lets time pass until `promise` has settled. @throws what it throws; Error when it waits for nothing */
    async until<T>(promise: Promise<T>): Promise<T> {
      let isSettled = false
      const settle = () => {
        isSettled = true
      }
      promise.then(settle, settle)
      for (await atRest(); !isSettled; await atRest()) {
        if (sleepers.size === 0) throw new Error('It waits for something other than the clock')
        pass(nextWake())
      }
      return promise
    },
  }
}

export type SimulatedClock = ReturnType<typeof createSimulatedClock>

/** How many look out for rest now: each has an immediate of its own, which is no work. */
let lookouts = 0

let tasks = 0

/** Lets simulated clocks see `task` as work, which they do not by themselves where a blob is read from a file. */
export async function visible<T>(task: Promise<T>): Promise<T> {
  tasks += 1
  try {
    return await task
  } finally {
    tasks -= 1
  }
}

/** Resolves when nothing goes on any more but waiting. */
async function atRest() {
  lookouts += 1
  try {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await new Promise(setImmediate)
      quiet = isAtWork() ? 0 : quiet + 1
    }
  } finally {
    lookouts -= 1
  }
}

function isAtWork(): boolean {
  if (tasks > 0) return true
  const active = process.getActiveResourcesInfo()
  const immediates = active.filter((name) => name === 'Immediate').length
  return immediates >= lookouts || active.some((name) => work.test(name))
}
