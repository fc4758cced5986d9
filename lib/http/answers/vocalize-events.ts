import { readClip } from '#lib/clips/watch-clip.ts'
import type { Services } from '#lib/context.ts'
import type { Speaking } from '#lib/http/admission.ts'
import { type RequestContext, reportProblem } from '#lib/http/respond.ts'
import { eventStream, type ServerEvent } from '#lib/http/sse.ts'
import { clipEvent, clipEvents } from './clip-events.ts'
import { vocalizeAnswer } from './vocalize.ts'

/**
 * Answers `vocalize` as a stream of events: `clip` for each change of the clip's record, and at the end `result` with
 * the usual JSON answer, or `problem` with the problem document. A caller who hangs up does not stop the work.
 */
export function vocalizeEvents(
  context: RequestContext,
  baseUrl: string,
  { clipId: id, speak }: Speaking,
): Response {
  const last: Promise<ServerEvent> = speak().then(
    (clip) => ({ event: 'result', data: vocalizeAnswer(clip, baseUrl) }),
    (error) => ({ event: 'problem', data: reportProblem(context, error).body }),
  )
  return eventStream(async function* (signal) {
    const over = new AbortController()
    void last.finally(() => over.abort())
    const options = { baseUrl, awaitRecord: true, signal: AbortSignal.any([signal, over.signal]) }
    let known: string | undefined
    for await (const event of clipEvents(context.services, id, options)) {
      known = event.id
      yield event
    }
    const end = await last
    yield* lastChange(context.services, id, baseUrl, known)
    yield end
  })
}

/** The change that happened after the last event `clip` and before the end. */
async function* lastChange(services: Services, id: string, baseUrl: string, known: string | undefined) {
  const history = await readClip(services, id).catch(() => null)
  const event = history && clipEvent(history, baseUrl)
  if (event && event.id !== known) yield event
}
