import type { SpeechRequest } from '#lib/speech/speech.ts'

/** What is to be spoken, in the form in which it waits in the catalog. */
export interface ScriptRequest {
  /** Each with its model and the format that all of them have. */
  turns: Turn[]
  reuse?: boolean | undefined
}

export type Turn = SpeechRequest & { modelId: string; outputFormat: string }

export const asText = (request: ScriptRequest): string => JSON.stringify(request)

/** What `asText` has made. */
export const readRequest = (text: string): ScriptRequest => JSON.parse(text)
