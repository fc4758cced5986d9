import { readProblem } from '../_shared/problem.ts'

/** What is asked of the service: the fields of `POST /api/agents/vocalize`. */
export interface SpeakRequest extends SpeechSettings {
  text: string
  voiceId: string
}

/** How a text is to be spoken; what is left out is as the service and the voice have it. */
export interface SpeechSettings {
  modelId?: string | undefined
  outputFormat?: string | undefined
  languageCode?: string | undefined
  seed?: number | undefined
  instructions?: string | undefined
  voiceSettings?: VoiceSettings | undefined
}

export interface VoiceSettings {
  stability?: number | undefined
  similarityBoost?: number | undefined
  style?: number | undefined
  useSpeakerBoost?: boolean | undefined
  speed?: number | undefined
}

/** Audio that has begun. */
interface SpokenStream {
  clipId: string
  mimeType: string
  chunks: AsyncGenerator<Uint8Array, void>
}

/**
 * Has a text spoken, with captions where the voice has them. Resolves once the audio begins; the clip is finished and kept
 * even if `chunks` are not read. They throw where the audio breaks off.
 *
 * @throws ProblemError when the service refuses; TypeError when it cannot be reached
 */
export async function openSpeech(
  request: SpeakRequest,
  options: { apiKey: string; signal: AbortSignal },
): Promise<SpokenStream> {
  const response = await fetch('/api/agents/vocalize/stream', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...bearer(options.apiKey) },
    body: JSON.stringify({ ...request, timestamps: true }),
    signal: options.signal,
  })
  const clipId = response.headers.get('X-Clip-Id')
  if (!response.ok || !response.body || !clipId) throw await readProblem(response)
  return {
    clipId,
    mimeType: response.headers.get('Content-Type') ?? '',
    chunks: chunksOf(response.body),
  }
}

/** The header that shows who may have texts spoken. */
export function bearer(apiKey: string): Record<string, string> {
  return apiKey ? { Authorization: `Bearer ${apiKey}` } : {}
}

/** Safari's streams have a reader and cannot be iterated. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
