import { useSearchParams } from 'next/navigation'

/** What the dashboard shows, as the query of its address has it. */
export interface View {
  params: URLSearchParams
  /** Shows something else: parameters that are `undefined` are left out. The browser's way back leads to what was shown before. */
  show(changes: Record<string, string | undefined>): void
}

/** The query of the address, so that a view can be kept, shared and come back to. */
export function useUrl(): View {
  const known = useSearchParams()
  return {
    params: new URLSearchParams(known),
    show(changes) {
      const params = new URLSearchParams(window.location.search)
      for (const [name, value] of Object.entries(changes)) {
        if (value === undefined || value === '') params.delete(name)
        else params.set(name, value)
      }
      const query = params.toString()
      window.history.pushState(null, '', query ? `?${query}` : window.location.pathname)
    },
  }
}
