import type { Services } from './services.ts'
import type { Voice } from './speech/speech.ts'

const FRESH_MS = 5 * 60_000
const TIMEOUT_MS = 15_000

interface Answer {
  voices: Voice[]
  askedAt: number
}

interface Cache {
  last?: Answer
  asking?: Promise<Answer> | undefined
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
  if (cache.last && clock.now() - cache.last.askedAt < FRESH_MS) return cache.last.voices
  cache.asking ??= ask(services).finally(() => {
    cache.asking = undefined
  })
  try {
    cache.last = await cache.asking
  } catch (error) {
    if (!cache.last) throw error
    services.log.warn({ err: error }, 'The list of voices could not be renewed')
  }
  return cache.last.voices
}

async function ask({ speech, clock, work }: Services): Promise<Answer> {
  const signal = AbortSignal.any([work.signal, AbortSignal.timeout(TIMEOUT_MS)])
  return { voices: await speech.voices({ signal }), askedAt: clock.now() }
}
