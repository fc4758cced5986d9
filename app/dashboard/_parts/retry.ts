import type { retryAnswer } from '#lib/http/answers/retry.ts'
import { providerLabel } from '../../_shared/format.ts'
import { readProblem } from '../../_shared/problem.ts'

type RetryAnswer = ReturnType<typeof retryAnswer>
type Untried = NonNullable<RetryAnswer['untried']>[number]

/** What a retry has come to. `good`: what was tried is stored. */
export interface RetryOutcome {
  tone: 'good' | 'mixed' | 'bad'
  /** Sentences to show, the result first. */
  sentences: string[]
}

const ERRORS_SHOWN = 3

/** Uploads one clip again, or without `id` all pending ones. @throws ProblemError */
export async function retry(id?: string): Promise<RetryOutcome> {
  const query = id ? `id=${id}&limit=1` : 'limit=1000'
  const response = await fetch(`/api/admin/retry-ipfs?${query}`, { method: 'POST' })
  if (!response.ok) throw await readProblem(response)
  const answer: RetryAnswer = await response.json()
  return id ? outcomeOfOne(answer) : outcomeOfAll(answer)
}

/** What a retry of all pending clips has come to. */
export function outcomeOfAll({
  successCount,
  failureCount,
  results,
  untried = [],
}: RetryAnswer): RetryOutcome {
  const counts = [
    ...(successCount > 0 ? [`${successCount} stored`] : []),
    ...(failureCount > 0 ? [`${failureCount} failed`] : []),
  ]
  const left = untried.map(({ reason, count }) => `${count} not tried: ${reasons[reason]}`)
  const tried = counts.length > 0 ? `${counts.join(', ')}.` : 'No clip was tried.'
  const isGood = failureCount === 0 && untried.every(({ reason }) => reason === 'being_uploaded')
  return {
    tone:
      isGood && successCount > 0
        ? 'good'
        : successCount > 0
          ? 'mixed'
          : untried.length + failureCount > 0
            ? 'bad'
            : 'mixed',
    sentences: [tried, ...errorsOf(results), ...left],
  }
}

/** What a retry of one clip has come to. */
export function outcomeOfOne({
  results: [result],
  untried: [reason] = [] as Untried[],
}: RetryAnswer): RetryOutcome {
  if (!result) return { tone: 'bad', sentences: [`Not tried: ${reasons[reason?.reason ?? 'busy']}`] }
  if (result.status === 'success')
    return { tone: 'good', sentences: [`Stored by ${providerLabel(result.provider)}.`] }
  return { tone: 'bad', sentences: [`No provider stored it: ${result.error}`] }
}

/** The errors of those that failed, the most frequent first, each once. */
function errorsOf(results: RetryAnswer['results']): string[] {
  const failed = results.flatMap((result) => (result.status === 'failed' ? [result.error] : []))
  const groups = [...Map.groupBy(failed, (error) => error)].toSorted(([, a], [, b]) => b.length - a.length)
  return groups
    .slice(0, ERRORS_SHOWN)
    .map(([error, { length }]) => (groups.length > 1 ? `${length} × ${error}` : error))
}

const reasons: Record<Untried['reason'], string> = {
  no_provider: 'no IPFS provider is configured.',
  cooling_down:
    'every provider has failed repeatedly and is cooling down. They are tried by themselves at their next date.',
  limit: 'so many are not tried at once. Retry all once more.',
  time_limit: 'the time for one call was up. Retry all once more.',
  busy: 'other uploads were under way at that moment.',
  being_uploaded: 'being uploaded already.',
  not_waiting: 'it is not waiting for IPFS any more.',
}
