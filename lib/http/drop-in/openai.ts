import { z } from 'zod'
import type { Config } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { admit } from '#lib/http/admission.ts'
import { audioAnswer } from '#lib/http/answers/audio.ts'
import { readJson } from '#lib/http/body.ts'
import { optional } from '#lib/http/optional.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import type { Problem } from '#lib/http/problem.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import { instructionsField, speechFields } from '#lib/http/speech-fields.ts'
import type { FieldError } from '#lib/model/errors.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'

/** OpenAI's formats by their names at ElevenLabs; its PCM is 24 kHz. */
const outputFormats = {
  mp3: 'mp3_44100_128',
  opus: 'opus_48000_96',
  wav: 'wav_24000',
  pcm: 'pcm_24000',
} as const

/** OpenAI's voices. The nth of them gets the nth voice of the vendor, counted around. */
const voiceNames = 'alloy echo fable onyx nova shimmer ash ballad coral sage verse marin cedar'.split(' ')

/**
 * The body of OpenAI's `POST /v1/audio/speech`.
 *
 * @see https://platform.openai.com/docs/api-reference/audio/createSpeech
 */
export function openAiSchema(access: Config['access']) {
  const { text, voiceId } = speechFields(access)
  return z.object({
    input: text,
    model: z.string(),
    voice: z.union([voiceId, z.object({ id: voiceId })]),
    response_format: optional(z.enum(Object.keys(outputFormats) as (keyof typeof outputFormats)[])),
    speed: optional(z.number().min(0.25).max(4)),
    stream_format: optional(
      z.enum(['audio'], 'must be audio: the audio itself is streamed, not as events (sse)'),
    ),
    instructions: instructionsField,
  })
}

/** Speaks as OpenAI does. */
export async function speakLikeOpenAi(request: Request, context: RequestContext): Promise<Response> {
  const { services } = context
  const { config } = services
  const admission = await admit(request, context)
  const body = await readJson(request, openAiSchema(config.access), config.access.maxBodyBytes)
  const voiceId = await voiceOf(services, typeof body.voice === 'string' ? body.voice : body.voice.id)
  const speech: SpeechRequest = {
    text: body.input,
    voiceId,
    modelId: services.speech.vendor.modelForOpenAi?.(body.model),
    outputFormat: outputFormats[body.response_format ?? 'mp3'],
    voiceSettings: body.speed === undefined ? undefined : { speed: body.speed },
    instructions: body.instructions,
  }
  return audioAnswer(publicBaseUrl(config, request), await admission.speak(speech))
}

/** Each of OpenAI's voices always gets the same one of ours; any other name is taken for a voice's id. */
async function voiceOf(services: Services, name: string): Promise<string> {
  const place = voiceNames.indexOf(name)
  if (place < 0 || services.speech.vendor.hasOpenAiVoices) return name
  const voices = await services.speech.voices({ signal: services.tasks.signal })
  return voices[place % voices.length]?.id ?? name
}

export const openAiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: 'OpenAiError' })

/**
 * An error in the shape of OpenAI's API.
 *
 * @see https://platform.openai.com/docs/guides/error-codes
 */
export function openAiError({ status, body, headers }: Problem): Response {
  const { code, detail: message } = body
  const [first] = (body.errors ?? []) as FieldError[]
  const { type, name } = kindOf(status, code)
  // The budget is renewed at midnight: too long for retries of its SDK.
  const more: Record<string, string> =
    code === 'character_budget_exceeded' ? { 'x-should-retry': 'false' } : {}
  const param = first ? (parameters[first.path] ?? first.path) || null : null
  return Response.json(
    { error: { message, type, param, code: name } },
    { status, headers: { ...headers, ...more, 'Content-Type': 'application/json' } },
  )
}

/** OpenAI's names for the fields that others call otherwise. */
const parameters: Record<string, string> = {
  text: 'input',
  voiceId: 'voice',
  modelId: 'model',
  outputFormat: 'response_format',
  'voiceSettings.speed': 'speed',
}

function kindOf(status: number, code: Problem['body']['code']) {
  if (code === 'unauthorized') return { type: 'invalid_request_error', name: 'invalid_api_key' }
  if (code === 'rate_limited') return { type: 'requests', name: 'rate_limit_exceeded' }
  if (code === 'character_budget_exceeded') return { type: 'insufficient_quota', name: 'insufficient_quota' }
  return { type: status >= 500 ? 'server_error' : 'invalid_request_error', name: code }
}
