import { readFileSync } from 'node:fs'
import path from 'node:path'
import { HttpResponse, http } from 'msw'

export const apiKey = 'sk_5a1f0c3e9b7d2468ace013579bdf2468'
export const modelId = 'eleven_multilingual_v2'
export const outputFormat = 'mp3_44100_128'

const folder = path.join(import.meta.dirname, '../../../fixtures/elevenlabs')

interface Fixture {
  status: number
  headers?: Record<string, string>
  body: unknown
}

/** An answer as ElevenLabs gives it. */
export function recorded(name: string): Fixture {
  return JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'))
}

export function answerWith({ status, headers = {}, body }: Fixture): Response {
  return typeof body === 'string'
    ? new HttpResponse(body, { status, headers })
    : HttpResponse.json(body as object, { status, headers })
}

/** Lets the vendor answer every speech, streamed or whole, with timestamps or without, with what `answer` gives. */
export function onSpeech(answer: (request: Request) => Response | Promise<Response>) {
  return ['', '/stream', '/with-timestamps', '/stream/with-timestamps'].map((suffix) =>
    http.post(`https://api.elevenlabs.io/v1/text-to-speech/:voiceId${suffix}`, ({ request }) =>
      answer(request),
    ),
  )
}

export function onVoices(answer: (request: Request) => Response) {
  return http.get('https://api.elevenlabs.io/v1/voices', ({ request }) => answer(request))
}

export function onAccount(answers: { models: unknown; subscription: unknown }) {
  return [
    http.get('https://api.elevenlabs.io/v1/models', () => HttpResponse.json(answers.models as object)),
    http.get('https://api.elevenlabs.io/v1/user/subscription', () =>
      HttpResponse.json(answers.subscription as object),
    ),
  ]
}
