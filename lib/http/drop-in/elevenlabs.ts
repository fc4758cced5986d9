import { z } from 'zod'
import type { Config } from '#lib/config/index.ts'
import { admit } from '#lib/http/admission.ts'
import { audioAnswer } from '#lib/http/answers/audio.ts'
import { parseWith, readJson } from '#lib/http/body.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import type { Problem } from '#lib/http/problem.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import { optional, speechFields, voiceSettingsSchema } from '#lib/http/speech-fields.ts'
import type { ErrorCode, FieldError } from '#lib/model/errors.ts'
import type { SpeechRequest, Voice } from '#lib/speech/speech.ts'

const fieldsOfSettings = voiceSettingsSchema.shape

/**
 * The body of ElevenLabs' `POST /v1/text-to-speech/{voice_id}`, as far as it concerns us.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/convert
 */
export function elevenLabsSchema(access: Config['access']) {
  const { text, modelId, languageCode, seed } = speechFields(access)
  return z.object({
    text,
    model_id: modelId,
    language_code: languageCode,
    seed,
    voice_settings: optional(
      z.object({
        stability: fieldsOfSettings.stability,
        similarity_boost: fieldsOfSettings.similarityBoost,
        style: fieldsOfSettings.style,
        use_speaker_boost: fieldsOfSettings.useSpeakerBoost,
        speed: fieldsOfSettings.speed,
      }),
    ),
  })
}

/** Speaks as ElevenLabs does. Its routes for whole and for streamed audio share this: its SDK reads both alike. */
export async function speakLikeElevenLabs(request: Request, context: RequestContext): Promise<Response> {
  const { config } = context.services
  const admission = await admit(request, context)
  const url = new URL(request.url)
  const fields = speechFields(config.access)
  const voiceId = parseWith(fields.voiceId, url.pathname.split('/')[3], 'voice_id')
  const outputFormat = parseWith(fields.outputFormat, url.searchParams.get('output_format'), 'output_format')
  const body = await readJson(request, elevenLabsSchema(config.access), config.access.maxBodyBytes)
  const speech = { ...speechOf(body), voiceId, outputFormat }
  context.headers.set('request-id', context.requestId)
  context.headers.set('character-cost', String([...speech.text].length))
  return audioAnswer(publicBaseUrl(config, request), await admission.speak(speech))
}

function speechOf(body: z.infer<ReturnType<typeof elevenLabsSchema>>): Omit<SpeechRequest, 'voiceId'> {
  const { text, model_id: modelId, language_code: languageCode, seed, voice_settings: settings } = body
  const voiceSettings = settings && {
    stability: settings.stability,
    similarityBoost: settings.similarity_boost,
    style: settings.style,
    useSpeakerBoost: settings.use_speaker_boost,
    speed: settings.speed,
  }
  return { text, modelId, languageCode, seed, voiceSettings }
}

export const elevenLabsVoicesSchema = z
  .object({
    voices: z.array(
      z.object({
        voice_id: z.string(),
        name: z.string(),
        category: z.string(),
        labels: z.record(z.string(), z.string()),
        description: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'ElevenLabsVoices' })

/** @see https://elevenlabs.io/docs/api-reference/voices/get-all */
export function elevenLabsVoices(voices: Voice[]) {
  return {
    voices: voices.map(({ id, name, language, description }) => ({
      voice_id: id,
      name,
      category: 'premade',
      labels: language ? { language } : {},
      description,
    })),
  }
}

/** ElevenLabs' own name for an error, where it has one, and its status where that differs from ours. */
const names: Partial<Record<ErrorCode, { status?: number; name: string }>> = {
  unauthorized: { name: 'invalid_api_key' },
  rate_limited: { name: 'too_many_concurrent_requests' },
  // Its SDK would retry a 429.
  character_budget_exceeded: { status: 401, name: 'quota_exceeded' },
  speech_overloaded: { name: 'system_busy' },
}

export const elevenLabsErrorSchema = z
  .object({
    detail: z.union([
      z.object({ status: z.string(), message: z.string(), request_id: z.string().optional() }),
      z.array(z.object({ loc: z.array(z.string()), msg: z.string(), type: z.string() })),
    ]),
  })
  .meta({ id: 'ElevenLabsError' })

/** An error in the shape of ElevenLabs' API. */
export function elevenLabsError({ status, body, headers }: Problem): Response {
  const { code, detail: message } = body
  const answer = (detail: unknown, as = status) =>
    Response.json({ detail }, { status: as, headers: { ...headers, 'Content-Type': 'application/json' } })
  if (code === 'invalid_request' || code === 'invalid_json') {
    const errors = (body.errors ?? [{ path: '', message }]) as FieldError[]
    return answer(errors.map(fieldError), 422)
  }
  const { status: ownStatus, name = code } = names[code] ?? {}
  return answer({ status: name, message, request_id: body.requestId }, ownStatus)
}

function fieldError({ path, message }: FieldError) {
  return { loc: ['body', ...path.split('.').filter(Boolean)], msg: message, type: 'value_error' }
}
