import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { ClipView } from '../_shared/clip-view.ts'
import { ProblemError, readProblem } from '../_shared/problem.ts'

export interface SpeakRequest {
  text: string
  voiceId: string
}

/**
 * Sends a text to be spoken, with captions where the voice has them, and calls `onClip` at every change of the clip until the service has answered.
 *
 * @returns the clip as answered, stored or temporary
 * @throws ProblemError when the service refuses; TypeError when it cannot be reached
 */
export async function speak(
  request: SpeakRequest,
  options: { apiKey: string; signal: AbortSignal; onClip: (clip: ClipView) => void },
): Promise<Partial<ClipView>> {
  const bearer: Record<string, string> = options.apiKey ? { Authorization: `Bearer ${options.apiKey}` } : {}
  const response = await fetch('/api/agents/vocalize', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream', ...bearer },
    body: JSON.stringify({ ...request, timestamps: true }),
    signal: options.signal,
  })
  if (!response.ok) throw await readProblem(response)
  if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
    return (await response.json()).data
  }
  const messages = response.body
    ?.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
    .pipeThrough(new EventSourceParserStream())
  const reader = messages?.getReader()
  for (;;) {
    const message = await reader?.read()
    if (!message?.value) throw new TypeError('The stream broke off')
    const { event, data } = message.value
    if (event === 'clip') options.onClip(JSON.parse(data))
    else if (event === 'problem') throw new ProblemError(JSON.parse(data))
    else if (event === 'result') return JSON.parse(data).data
  }
}
