import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'

type Spoken = Pick<Clip, 'id' | 'characters'>

/**
 * Counts and logs a text whose audio was lost after the vendor had begun to speak it, which it may charge for all the
 * same. `cause` is what ended it. Never throws.
 */
export async function countLost(
  services: Services,
  { id, characters }: Spoken,
  cause: unknown,
): Promise<void> {
  const { catalog, log, scrub, tasks } = services
  const label = tasks.signal.aborted ? 'shutdown' : 'broken'
  log.error({ clipId: id, characters, error: scrub(describeError(cause)) }, LOST)
  await catalog.counters.add([{ name: 'characters_lost', label, value: characters }]).catch(() => {})
}

/**
 * Discards the record of a clip whose process died while it was being spoken and left no audio; counts and logs that.
 *
 * @throws CatalogError when the catalog fails
 */
export async function discardDead({ catalog, log }: Services, { id, characters }: Spoken): Promise<void> {
  // Of several processes that find it, one counts it.
  if (!(await catalog.clips.discard(id))) return
  log.error({ clipId: id, characters, error: 'Its process ended while it was being spoken' }, LOST)
  await catalog.counters.add([{ name: 'characters_lost', label: 'process_ended', value: characters }])
}

const LOST = 'Speech was lost before it was kept; the vendor may charge for it'
