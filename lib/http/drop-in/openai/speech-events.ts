import type { Speaking } from '#lib/http/admission.ts'
import { audioAnswer } from '#lib/http/answers/audio.ts'
import { type RequestContext, reportProblem } from '#lib/http/respond.ts'
import { eventStream, type ServerEvent } from '#lib/http/sse.ts'
import { openAiErrorBody } from './errors.ts'

/**
 * Answers with the audio as events while it is spoken: pieces in Base64, as this API has them, then `speech.audio.done`
 * once the clip is kept. Its tokens are characters, the unit that speech is paid by here. A failure in between is an
 * event with the error.
 *
 * @see https://platform.openai.com/docs/api-reference/audio/speech-audio-delta-event
 * @throws ServiceError as `vocalize` does, as long as the vendor has not begun
 */
export async function speechEvents(
  context: RequestContext,
  baseUrl: string,
  { speaking, text }: { speaking: Speaking; text: string },
): Promise<Response> {
  const { body, headers } = await audioAnswer(baseUrl, speaking)
  const audio = body as AsyncIterable<Uint8Array> & ReadableStream<Uint8Array>
  const characters = [...text].length
  const response = eventStream((signal) => eventsOf(context, audio, { characters, signal }))
  for (const name of ['X-Clip-Id', 'X-Spoken-By', 'Link']) {
    const value = headers.get(name)
    if (value) response.headers.set(name, value)
  }
  return response
}

async function* eventsOf(
  context: RequestContext,
  audio: AsyncIterable<Uint8Array>,
  { characters, signal }: { characters: number; signal: AbortSignal },
): AsyncGenerator<ServerEvent> {
  try {
    for await (const chunk of audio) {
      if (signal.aborted) return
      yield typed('speech.audio.delta', { audio: Buffer.from(chunk).toString('base64') })
    }
    const usage = { input_tokens: characters, output_tokens: 0, total_tokens: characters }
    yield typed('speech.audio.done', { usage })
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error
    yield { event: 'error', data: openAiErrorBody(reportProblem(context, cause)) }
  }
}

const typed = (type: string, data: object): ServerEvent => ({ event: type, data: { type, ...data } })
