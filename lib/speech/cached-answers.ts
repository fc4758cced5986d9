import type { Clock } from '#lib/platform/clock.ts'
import { MINUTE_MS } from '#lib/platform/units.ts'
import type { Log } from '#lib/telemetry/log.ts'
import type { SpeechChain } from './speech.ts'

const FRESH_MS = 5 * MINUTE_MS
/** What an account has used changes with each text. */
const USAGE_FRESH_MS = 10_000
const TIMEOUT_MS = 15_000
/** A vendor that has just failed is not asked again for this long. */
const COOL_DOWN_MS = 5000

interface CacheOptions {
  clock: Pick<Clock, 'now'>
  log: Pick<Log, 'warn'>
}

/**
 * The same vendor, asked for its voices and models at most every five minutes, and for its usage every ten seconds; while
 * it cannot answer, its last answer stands.
 *
 * All who ask at once share one call to the vendor, which lasts until the signal of the first of them aborts: pass one
 * that they have in common, such as that of the process. They throw what the vendor throws as long as it has never
 * answered.
 */
export function withCachedAnswers(speech: SpeechChain, options: CacheOptions): SpeechChain {
  const { account } = speech
  return {
    vendor: speech.vendor,
    speak: (request, speakOptions) => speech.speak(request, speakOptions),
    close: () => speech.close(),
    states: () => speech.states(),
    voices: cached((asking) => speech.voices(asking), { ...options, what: 'list of voices' }),
    account: account && {
      models: cached((asking) => account.models(asking), { ...options, what: 'list of models' }),
      usage: cached((asking) => account.usage(asking), {
        ...options,
        what: 'usage of the account',
        freshMs: USAGE_FRESH_MS,
      }),
    },
  }
}

type Ask<T> = (options: { signal: AbortSignal }) => Promise<T>

function cached<T>(
  ask: Ask<T>,
  { clock, log, what, freshMs = FRESH_MS }: CacheOptions & { what: string; freshMs?: number },
): Ask<T> {
  let last: { answer: T; askedAt: number } | undefined
  let failure: { error: unknown; at: number } | undefined
  let asking: Promise<void> | undefined
  const since = (time = Number.NEGATIVE_INFINITY) => clock.now() - time

  async function renew(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    try {
      last = { answer: await ask({ signal: limit }), askedAt: clock.now() }
      failure = undefined
    } catch (error) {
      failure = { error, at: clock.now() }
      if (last) log.warn({ err: error }, `The ${what} could not be renewed`)
    }
  }

  return async ({ signal }) => {
    if (since(last?.askedAt) >= freshMs && since(failure?.at) >= COOL_DOWN_MS) {
      asking ??= renew(signal).finally(() => {
        asking = undefined
      })
      await asking
    }
    if (!last) throw failure?.error
    return last.answer
  }
}
