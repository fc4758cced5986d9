import { fitRequest } from './fit-request.ts'
import type { Speech } from './speech.ts'

/**
 * The same vendor, given each request as it can take it: what it has nothing like is refused by name, or is a warning in
 * its answer.
 *
 * `isStandIn`: it speaks in place of the vendor that the caller asked, and may leave out more.
 */
export function withFittedRequests(speech: Speech, options: { isStandIn?: boolean } = {}): Speech {
  return {
    vendor: speech.vendor,
    voices: (voicesOptions) => speech.voices(voicesOptions),
    close: () => speech.close(),
    async speak(asked, speakOptions) {
      const { request, warnings } = fitRequest(speech.vendor, asked, options)
      const spoken = await speech.speak(request, speakOptions)
      const all = [...warnings, ...(spoken.warnings ?? [])]
      return all.length > 0 ? { ...spoken, warnings: all } : spoken
    },
  }
}
