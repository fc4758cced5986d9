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
  answers: number
  seconds: number
  /** Processor time of the server and of what it has started. */
  serverCpuSeconds: number
  /** That of load and stub vendors. */
  otherCpuSeconds: number
}

interface Extent {
  connections: number
  seconds: number
  /** It ends before its time once there are so many. */
  answers?: number
}

/** Sends requests over so many connections, each the next one when it has its answer, for so long. */
export async function load(
  target: Target,
  { connections, seconds, answers: enough = Number.POSITIVE_INFINITY }: Extent,
): Promise<LoadResult> {
  const callers = await Promise.all(Array.from({ length: connections }, () => Caller.open(target.baseUrl)))
  try {
    const allBefore = cpuSecondsOf(process.pid)
    const serverBefore = cpuSecondsOf(target.processId)
    const startedAt = performance.now()
    const endsAt = startedAt + seconds * 1000
    let answers = 0
    const next = numbered()
    await Promise.all(
      callers.map(async (caller) => {
        while (performance.now() < endsAt && answers < enough) {
          checked(target, await caller.send(caller.prepare(target.request(next()))))
          answers += 1
        }
      }),
    )
    const elapsedSeconds = (performance.now() - startedAt) / 1000
    const serverCpuSeconds = cpuSecondsOf(target.processId) - serverBefore
    // Servers and stub vendors are all children of this process.
    const otherCpuSeconds = cpuSecondsOf(process.pid) - allBefore - serverCpuSeconds
    return { answers, seconds: elapsedSeconds, serverCpuSeconds, otherCpuSeconds }
  } finally {
    for (const caller of callers) caller.close()
  }
}

/** What several loads saw together. */
export function together(results: LoadResult[]): LoadResult {
  const sum = (of: keyof LoadResult) => results.reduce((total, result) => total + result[of], 0)
  return {
    answers: sum('answers'),
    seconds: sum('seconds'),
    serverCpuSeconds: sum('serverCpuSeconds'),
    otherCpuSeconds: sum('otherCpuSeconds'),
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
