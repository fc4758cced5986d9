import type { Services } from '#lib/context.ts'
import type { Voice } from './speech.ts'

const FRESH_MS = 5 * 60_000
const TIMEOUT_MS = 15_000
/** A vendor who has just failed is left alone for so long. */
const COOL_DOWN_MS = 5000

interface Cache {
  last?: { voices: Voice[]; askedAt: number }
  asking?: Promise<void> | undefined
  failure?: { error: unknown; at: number } | undefined
}

const caches = new WeakMap<Services, Cache>()

/**
 * The voices that can be asked for, in the vendor's order. The vendor is asked at most every five minutes; while it
 * cannot answer, its last answer stands.
 *
 * @throws ServiceError when the vendor fails and has never answered
 */
export async function listVoices(services: Services): Promise<Voice[]> {
  const { clock } = services
  const cache = caches.get(services) ?? {}
  caches.set(services, cache)
  const since = (time: number | undefined) => clock.now() - (time ?? Number.NEGATIVE_INFINITY)
  if (since(cache.last?.askedAt) >= FRESH_MS && since(cache.failure?.at) >= COOL_DOWN_MS) {
    cache.asking ??= renew(services, cache).finally(() => {
      cache.asking = undefined
    })
    await cache.asking
  }
  if (!cache.last) throw cache.failure?.error
  return cache.last.voices
}

async function renew({ speech, clock, log, tasks }: Services, cache: Cache): Promise<void> {
  const signal = AbortSignal.any([tasks.signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    cache.last = { voices: await speech.voices({ signal }), askedAt: clock.now() }
    cache.failure = undefined
  } catch (error) {
    cache.failure = { error, at: clock.now() }
    if (cache.last) log.warn({ err: error }, 'The list of voices could not be renewed')
  }
}
