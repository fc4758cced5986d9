import type { Json } from './json.ts'
/** One server-sent event as it came. */
export interface ReceivedEvent {
  event: string
  id?: string
  data: Json
}

/** Reads a stream of server-sent events until it ends or the caller stops. */
export async function* readEvents(response: Response): AsyncGenerator<ReceivedEvent, void> {
  let text = ''
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(chunk)
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = parse(text.slice(0, end))
      text = text.slice(end + 2)
      if (event) yield event
    }
  }
}

/** All events of a stream that ends by itself. */
export async function allEvents(response: Response): Promise<ReceivedEvent[]> {
  return Array.fromAsync(readEvents(response))
}

function parse(block: string): ReceivedEvent | undefined {
  const fields = new Map(
    block
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]),
  )
  const data = fields.get('data')
  if (data === undefined) return undefined
  const id = fields.get('id')
  return { event: fields.get('event') ?? 'message', data: JSON.parse(data), ...(id && { id }) }
}
