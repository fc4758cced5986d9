import { type ClipHistory, watchClip } from '#lib/clips/watch-clip.ts'
import type { Services } from '#lib/context.ts'
import { eventIdOf, type ServerEvent } from '#lib/http/sse.ts'
import { clipAnswer } from './clip.ts'

/**
 * One event `clip` for each change that a caller can see, until the clip is stored or expired or `signal` aborts; without
 * the event that `lastEventId` names, which the caller has already.
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

/** The event for the present state of a clip. */
export function clipEvent(history: ClipHistory, baseUrl: string) {
  const data = clipAnswer(history, baseUrl)
  return { event: 'clip', data, id: eventIdOf(data) }
}
