import { type ClipHistory, watchClip } from '#lib/clips/watch-clip.ts'
import type { Services } from '#lib/context.ts'
import { eventIdOf, type ServerEvent } from '#lib/http/sse.ts'
import { clipAnswer } from './clip.ts'

/**
 * One event `clip` for each change that a caller can see, until the clip is settled or `signal` aborts; nothing that
 * `lastEventId` shows to be known already.
 */
export async function* clipEvents(
  services: Services,
  id: string,
  options: { baseUrl: string; signal: AbortSignal; lastEventId?: string | null; awaitRecord?: boolean },
): AsyncGenerator<ServerEvent, void> {
  let known = options.lastEventId
  for await (const history of watchClip(services, id, options)) {
    const event = clipEvent(history, options.baseUrl)
    if (event.id !== known) yield event
    known = event.id
  }
}

/** The event that tells how a clip stands. */
export function clipEvent(history: ClipHistory, baseUrl: string) {
  const data = clipAnswer(history, baseUrl)
  return { event: 'clip', data, id: eventIdOf(data) }
}
