import type { listedClip } from '#lib/http/answers/clip.ts'
import { providerLabel } from '../../_shared/format.ts'
import { readProblem } from '../../_shared/problem.ts'

export type ListedClip = ReturnType<typeof listedClip>

export interface ClipPage {
  total: number
  page: number
  clips: ListedClip[]
}

/** @throws ProblemError */
export async function readClips(url: string): Promise<ClipPage> {
  const response = await fetch(url)
  if (!response.ok) throw await readProblem(response)
  return (await response.json()).data
}

/**
 * Uploads one clip again, or without `id` all pending ones. Returns the result as a sentence to show.
 *
 * @throws ProblemError
 */
export async function retry(id?: string): Promise<string> {
  const query = id ? `id=${id}&limit=1` : 'limit=1000'
  const response = await fetch(`/api/admin/retry-ipfs?${query}`, { method: 'POST' })
  if (!response.ok) throw await readProblem(response)
  const { processed, successCount, failureCount, remaining, results } = await response.json()
  if (!id) {
    return `Processed ${processed}: ${successCount} stored, ${failureCount} failed, ${remaining} still pending.`
  }
  const [result] = results
  if (!result) return 'This clip is being uploaded already, or no provider is available now.'
  if (result.status === 'success') return `Stored by ${providerLabel(result.provider)}.`
  return `No provider stored it: ${result.error}`
}
