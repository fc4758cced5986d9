import type { Attempt } from '#lib/catalog/attempts.ts'
import type { Services } from '#lib/context.ts'
import { type Clip, isClipId } from '#lib/model/clip.ts'
import { asPublished } from '#lib/model/permanent-url.ts'
import { describeError } from '#lib/platform/errors.ts'

/** Changes that other processes make ring no bell here. */
const POLL_MS = 1500

/** A clip's record with every try that was made for it. */
export interface ClipHistory {
  clip: Clip
  attempts: Attempt[]
}

/** The record of clip `id`, expired ones too; `null` where there is none. @throws CatalogError */
export async function readClip({ catalog, config }: Services, id: string): Promise<ClipHistory | null> {
  const clip = isClipId(id) ? await catalog.clips.find(id) : null
  return clip && { clip: asPublished(config, clip), attempts: await catalog.attempts.ofClip(id) }
}

/** Whether nothing more will happen to the clip. */
export function isSettled({ clip }: ClipHistory): boolean {
  return clip.state === 'stored' || clip.state === 'expired'
}

/**
 * Yields clip `id` as it stands, and again after each change, until it is settled, its record is gone, or `signal`
 * aborts. With `awaitRecord` a record that is not there yet is waited for. A catalog that fails is asked again later.
 */
export async function* watchClip(
  services: Services,
  id: string,
  { signal, awaitRecord = false }: { signal: AbortSignal; awaitRecord?: boolean },
): AsyncGenerator<ClipHistory, void> {
  const bell = createWakeUp(services, id)
  let isAwaited = awaitRecord
  let last = ''
  try {
    while (!signal.aborted) {
      const history = await readClip(services, id).catch((error: unknown) => {
        services.log.warn({ clipId: id, error: describeError(error) }, 'A followed clip could not be read')
        return undefined
      })
      if (history === null && !isAwaited) return
      if (history) {
        isAwaited = false
        const now = JSON.stringify(history)
        if (now !== last) yield history
        last = now
        if (isSettled(history)) return
      }
      await bell.wait(signal)
    }
  } finally {
    bell.close()
  }
}

/** Rings at a change and every `POLL_MS`. A change while nobody waits is remembered. */
function createWakeUp({ events }: Services, id: string) {
  let hasRung = false
  let wake = () => {}
  const ring = () => {
    hasRung = true
    wake()
  }
  const close = events.subscribeToClip(id, ring)
  return {
    close,
    async wait(signal: AbortSignal) {
      const rung = Promise.withResolvers<void>()
      wake = rung.resolve
      const timer = setTimeout(rung.resolve, POLL_MS)
      signal.addEventListener('abort', wake, { once: true })
      if (!hasRung && !signal.aborted) await rung.promise
      hasRung = false
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
    },
  }
}
