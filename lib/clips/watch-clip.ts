import type { Attempt } from '#lib/catalog/attempts.ts'
import type { Services } from '#lib/context.ts'
import { type Clip, captionsIdOf, isClipId } from '#lib/model/clip.ts'
import { asPublished } from '#lib/model/permanent-url.ts'
import { describeError } from '#lib/platform/errors.ts'

/** How often the record is read although no event came: those of other processes do not arrive here. */
const POLL_MS = 1500

/** A clip's record with every attempt that was made for it. */
export interface ClipHistory {
  clip: Clip
  attempts: Attempt[]
  /** The record of the file of its captions, once there is one. */
  captionsFile?: Clip | null
}

/** The record of clip `id`, expired ones too; `null` where there is none. @throws CatalogError */
export async function readClip({ catalog, config }: Services, id: string): Promise<ClipHistory | null> {
  const clip = isClipId(id) ? await catalog.clips.find(id) : null
  if (!clip) return null
  const file = clip.captionsCid === null ? null : await catalog.clips.find(captionsIdOf(id))
  return {
    clip: asPublished(config, clip),
    attempts: await catalog.attempts.ofClip(id),
    captionsFile: file && asPublished(config, file),
  }
}

/** Whether the clip has reached its final state. */
export function isSettled({ clip }: ClipHistory): boolean {
  return clip.state === 'stored' || clip.state === 'expired'
}

/**
 * Yields the record of clip `id`, and again after each change, until it is settled, its record is gone, or `signal`
 * aborts. With `awaitRecord` it waits for a record that does not exist yet. A catalog that fails is read again later.
 */
export async function* watchClip(
  services: Services,
  id: string,
  { signal, awaitRecord = false }: { signal: AbortSignal; awaitRecord?: boolean },
): AsyncGenerator<ClipHistory, void> {
  const wakeUp = createWakeUp(services, id)
  let isAwaited = awaitRecord
  let last = ''
  try {
    while (!signal.aborted) {
      const history = await readClip(services, id).catch((error: unknown) => {
        services.log.warn(
          { clipId: id, error: describeError(error) },
          'The record of a watched clip could not be read',
        )
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
      await wakeUp.wait(signal)
    }
  } finally {
    wakeUp.close()
  }
}

/** `wait` resolves at the next event of the clip, at once where one came since the last call, and after `POLL_MS`. */
function createWakeUp({ events }: Services, id: string) {
  let hasEvent = false
  let wake = () => {}
  const close = events.subscribeToClip(id, () => {
    hasEvent = true
    wake()
  })
  return {
    close,
    async wait(signal: AbortSignal) {
      const awake = Promise.withResolvers<void>()
      wake = awake.resolve
      const timer = setTimeout(awake.resolve, POLL_MS)
      signal.addEventListener('abort', wake, { once: true })
      if (!hasEvent && !signal.aborted) await awake.promise
      hasEvent = false
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
    },
  }
}
