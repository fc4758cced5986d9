import type { Services } from '#lib/context.ts'
import { eventIdOf, type ServerEvent } from '#lib/http/sse.ts'
import { type ScriptProgress, watchScript } from '#lib/scripts/watch-script.ts'
import { scriptAnswer } from './script.ts'

/**
 * One event `script` for each change that a caller can see, until the script has ended and its clip is stored or expired,
 * or `signal` aborts; without the event that `lastEventId` names, which the caller has already.
 */
export async function* scriptEvents(
  services: Services,
  id: string,
  options: { baseUrl: string; signal: AbortSignal; lastEventId: string | null },
): AsyncGenerator<ServerEvent, void> {
  let known = options.lastEventId
  for await (const progress of watchScript(services, id, options)) {
    const event = scriptEvent(progress, options.baseUrl)
    if (event.id !== known) yield event
    known = event.id
  }
}

/** The event for the present state of a script. */
export function scriptEvent(progress: ScriptProgress, baseUrl: string) {
  const data = scriptAnswer(progress, baseUrl)
  return { event: 'script', data, id: eventIdOf(data) }
}
