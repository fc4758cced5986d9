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
 * Has one clip uploaded again, or without `id` all that wait. Returns in words what came of it.
 *
 * @throws ProblemError
 */
export async function retry(id?: string): Promise<string> {
  const query = id ? `id=${id}&limit=1` : 'limit=1000'
  const response = await fetch(`/api/admin/retry-ipfs?${query}`, { method: 'POST' })
  if (!response.ok) throw await readProblem(response)
  const { processed, successCount, failureCount, remaining, results } = await response.json()
  if (!id) {
    return `Tried ${processed}: ${successCount} stored, ${failureCount} failed, ${remaining} still waiting.`
  }
  const [result] = results
  if (!result) return 'This clip is being worked on already, or no provider can be tried now.'
  if (result.status === 'success') return `Stored by ${providerLabel(result.provider)}.`
  return `No provider took it: ${result.error}`
}
