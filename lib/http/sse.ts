import { createHash } from 'node:crypto'

const HEARTBEAT_MS = 15_000

/** One timer for the heartbeats of all streams, which runs while there are any. */
const heartbeats = new Set<() => void>()
let timer: NodeJS.Timeout | undefined

/** Calls `beat` every 15 seconds. Returns what ends that. */
function onHeartbeat(beat: () => void): () => void {
  heartbeats.add(beat)
  timer ??= setInterval(() => {
    for (const each of heartbeats) each()
  }, HEARTBEAT_MS).unref()
  return () => {
    heartbeats.delete(beat)
    if (heartbeats.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** One event of a stream; `data` travels as JSON. */
export interface ServerEvent {
  event: string
  data: unknown
  id?: string
}

/**
 * Answers with a stream of server-sent events, each made once the client has taken the one before. A comment every 15
 * seconds keeps proxies from closing the connection. When the client closes it, the signal that `events` was given aborts.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function eventStream(events: (signal: AbortSignal) => AsyncIterable<ServerEvent>): Response {
  const over = new AbortController()
  const encoder = new TextEncoder()
  let endHeartbeat = () => {}
  let takeNext = () => {}
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string) => {
        if (!over.signal.aborted) controller.enqueue(encoder.encode(text))
      }
      endHeartbeat = onHeartbeat(() => send(': heartbeat\n\n'))
      const run = async () => {
        send('retry: 2000\n\n')
        for await (const event of events(over.signal)) {
          send(format(event))
          if ((controller.desiredSize ?? 1) > 0 || over.signal.aborted) continue
          await new Promise<void>((resolve) => {
            takeNext = resolve
          })
        }
      }
      run()
        .then(
          () => !over.signal.aborted && controller.close(),
          (error) => !over.signal.aborted && controller.error(error),
        )
        .finally(endHeartbeat)
    },
    pull: () => takeNext(),
    cancel() {
      endHeartbeat()
      takeNext()
      over.abort(new Error('The client closed the connection'))
    },
  })
  return new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // Without "no-transform" the stream would be compressed, and compression delays events.
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    },
  })
}

/** An id that the same data has in every process and after every restart. */
export function eventIdOf(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('base64url').slice(0, 22)
}

function format({ event, data, id }: ServerEvent): string {
  return `${id ? `id: ${id}\n` : ''}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
