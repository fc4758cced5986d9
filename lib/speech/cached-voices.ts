import type { Clock } from '#lib/platform/clock.ts'
import { MINUTE_MS } from '#lib/platform/units.ts'
import type { Log } from '#lib/telemetry/log.ts'
import type { SpeechChain, Voice } from './speech.ts'

const FRESH_MS = 5 * MINUTE_MS
const TIMEOUT_MS = 15_000
/** A vendor that has just failed is not asked again for this long. */
const COOL_DOWN_MS = 5000

/**
 * The same vendor, asked for its voices at most every five minutes; while it cannot answer, its last answer stands.
 *
 * All who ask at once share one call to the vendor, which lasts until the signal of the first of them aborts: pass one
 * that they have in common, such as that of the process. `voices` throws what the vendor throws as long as it has never
 * answered.
 */
export function withCachedVoices(
  speech: SpeechChain,
  { clock, log }: { clock: Pick<Clock, 'now'>; log: Pick<Log, 'warn'> },
): SpeechChain {
  let last: { voices: Voice[]; askedAt: number } | undefined
  let failure: { error: unknown; at: number } | undefined
  let asking: Promise<void> | undefined
  const since = (time = Number.NEGATIVE_INFINITY) => clock.now() - time

  async function renew(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    try {
      last = { voices: await speech.voices({ signal: limit }), askedAt: clock.now() }
      failure = undefined
    } catch (error) {
      failure = { error, at: clock.now() }
      if (last) log.warn({ err: error }, 'The list of voices could not be renewed')
    }
  }

  return {
    vendor: speech.vendor,
    speak: (request, options) => speech.speak(request, options),
    close: () => speech.close(),
    states: () => speech.states(),
    async voices({ signal }) {
      if (since(last?.askedAt) >= FRESH_MS && since(failure?.at) >= COOL_DOWN_MS) {
        asking ??= renew(signal).finally(() => {
          asking = undefined
        })
        await asking
      }
      if (!last) throw failure?.error
      return last.voices
    },
  }
}
