import type { listedClip } from '#lib/http/answers/listed-clips.ts'
import { readProblem } from '../../_shared/problem.ts'

export type ListedClip = ReturnType<typeof listedClip>

/** The tabs of the list: pending ones are shown where the address says nothing. */
export const states = ['pending', 'stored', 'expired', 'all'] as const
export type ListedState = (typeof states)[number]

export interface ClipPage {
  clips: ListedClip[]
  nextCursor?: string
  total: number
  /** `false`: there are more than `total`. */
  isTotalExact: boolean
}

const PAGE_SIZE = 12
const filters = ['provider', 'from', 'before', 'cursor'] as const

/** The state that `params`, the query of the page, asks for. */
export const stateOf = (params: URLSearchParams): ListedState =>
  states.find((state) => state === params.get('state')) ?? 'pending'

/** Where the clips are read that `params` asks for. */
export function clipsUrlOf(params: URLSearchParams): string {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) })
  const text = params.get('q')
  if (text) return `/api/admin/clips?${new URLSearchParams({ q: text, limit: '50' })}`
  const state = stateOf(params)
  query.set('state', state)
  for (const name of filters) {
    const value = params.get(name)
    if (value && (name !== 'provider' || state === 'stored')) query.set(name, value)
  }
  return `/api/admin/clips?${query}`
}

/** Reads pages of clips: a page that is asked for ends the reading of another one. @throws ProblemError */
export function createClipReader() {
  let last: { url: string; controller: AbortController } | undefined
  return async (url: string): Promise<ClipPage> => {
    if (last?.url !== url) last?.controller.abort()
    const controller = new AbortController()
    last = { url, controller }
    const response = await fetch(url, { signal: controller.signal })
    if (!response.ok) throw await readProblem(response)
    return (await response.json()).data
  }
}
