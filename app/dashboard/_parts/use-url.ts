import { useSearchParams } from 'next/navigation'
import { useSyncExternalStore } from 'react'

/** What the dashboard shows, as the query of its address has it. */
export interface View {
  params: URLSearchParams
  /** Shows something else: parameters that are `undefined` are left out. The browser's way back leads to what was shown before. */
  show(changes: Record<string, string | undefined>): void
}

/*
 * Past the functions of Next.js: it would remember with each entry what it has rendered for it, and load the page anew on
 * the way back to an entry of before a reload, although by then the reader may have gone on.
 */
const { pushState, replaceState } = globalThis.History?.prototype ?? {}
const listeners = new Set<() => void>()

/** The query of the address, so that a view can be kept, shared and come back to. */
export function useUrl(): View {
  const atFirst = useSearchParams().toString()
  const query = useSyncExternalStore(subscribe, queryNow, () => atFirst)
  return { params: new URLSearchParams(query), show }
}

const queryNow = () => window.location.search.slice(1)

function subscribe(listener: () => void) {
  replaceState?.call(window.history, null, '')
  listeners.add(listener)
  window.addEventListener('popstate', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('popstate', listener)
  }
}

function show(changes: Record<string, string | undefined>) {
  const params = new URLSearchParams(queryNow())
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') params.delete(name)
    else params.set(name, value)
  }
  const query = params.toString()
  pushState?.call(window.history, null, '', query ? `?${query}` : window.location.pathname)
  for (const listener of listeners) listener()
}
