import { Caller, type CallerAnswer, type CallerRequest } from './caller.ts'
import { cpuSecondsOf } from './process-tree.ts'

/** Whom the load goes to. */
export interface Target {
  name: string
  baseUrl: string
  processId: number
  /** The request with this number, the first being 0; each may be another one. */
  request(index: number): CallerRequest
}

/** What the load saw. */
export interface LoadResult {
  perSecond: number
  /** Processor time of the server and of what it has started. */
  cpuMsPerRequest: number
  /** Whether load and stub vendors had more to do than the server, which could have answered more. */
  isLoadBound: boolean
}

/** Sends requests over so many connections, each the next one when it has its answer, for so long. */
export async function load(
  target: Target,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<LoadResult> {
  const callers = await Promise.all(Array.from({ length: connections }, () => Caller.open(target.baseUrl)))
  try {
    const allBefore = cpuSecondsOf(process.pid)
    const serverBefore = cpuSecondsOf(target.processId)
    const startedAt = performance.now()
    const endsAt = startedAt + seconds * 1000
    let finished = 0
    const next = numbered()
    await Promise.all(
      callers.map(async (caller) => {
        while (performance.now() < endsAt) {
          checked(target, await caller.send(caller.prepare(target.request(next()))))
          finished += 1
        }
      }),
    )
    const elapsedSeconds = (performance.now() - startedAt) / 1000
    const serverSeconds = cpuSecondsOf(target.processId) - serverBefore
    // Servers and stub vendors are all children of this process.
    const loadSeconds = cpuSecondsOf(process.pid) - allBefore - serverSeconds
    return {
      perSecond: finished / elapsedSeconds,
      cpuMsPerRequest: (1000 * serverSeconds) / finished,
      isLoadBound: loadSeconds > serverSeconds,
    }
  } finally {
    for (const caller of callers) caller.close()
  }
}

/** @throws Error where it is no success */
export function checked({ name }: Pick<Target, 'name'>, answer: CallerAnswer): CallerAnswer {
  const isExpected = (answer.status >= 200 && answer.status < 300) || answer.status === 304
  if (!isExpected) throw new Error(`${name} answered ${answer.status}: ${answer.beginning.slice(0, 500)}`)
  return answer
}

let sent = 0

/** Numbers that nobody had before, so that no text is the same as another. */
export const numbered = () => () => sent++
