import { z } from 'zod'
import type { Config } from '#lib/config/index.ts'
import { admit } from '#lib/http/admission.ts'
import { audioAnswer } from '#lib/http/answers/audio.ts'
import { parseWith, readJson } from '#lib/http/body.ts'
import { optional } from '#lib/http/optional.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import type { Problem } from '#lib/http/problem.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import {
  audioEffectFields,
  dictionaryLocatorFields,
  speechFields,
  vendorFields,
  voiceSettingsSchema,
} from '#lib/http/speech-fields.ts'
import type { ErrorCode, FieldError } from '#lib/model/errors.ts'
import { camelCased, snakeCase } from '#lib/platform/letter-case.ts'
import type { SpeechRequest, Voice } from '#lib/speech/speech.ts'

/**
 * The body of ElevenLabs' `POST /v1/text-to-speech/{voice_id}`.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/convert
 */
export function elevenLabsSchema(access: Config['access']) {
  const { text, modelId, languageCode, seed } = speechFields(access)
  const { enableLogging: _, optimizeStreamingLatency: __, ...fields } = vendorFields
  return z.object({
    text,
    ...withSnakeKeys({ modelId, languageCode }),
    seed,
    voice_settings: optional(z.object(withSnakeKeys(voiceSettingsSchema.shape))),
    ...withSnakeKeys(fields),
    pronunciation_dictionary_locators: optional(
      z.array(z.object(withSnakeKeys(dictionaryLocatorFields))).max(3),
    ),
    audio_effects: optional(z.object(withSnakeKeys(audioEffectFields))),
  })
}

/** Its query. */
export function elevenLabsQuerySchema(access: Config['access']) {
  const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true')
  const { outputFormat } = speechFields(access)
  return z.object({
    output_format: outputFormat,
    enable_logging: optional(flag),
    optimize_streaming_latency: optional(
      z
        .string()
        .regex(/^[0-4]$/, 'must be a whole number from 0 to 4')
        .transform(Number),
    ),
  })
}

type Fields = Record<string, z.ZodType>

/** The same schemas under ElevenLabs' spelling of their names. */
function withSnakeKeys(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, schema]) => [snakeCase(name), schema]))
}

/** Speaks as ElevenLabs does. Its routes for whole and for streamed audio share this: its SDK reads both alike. */
export async function speakLikeElevenLabs(request: Request, context: RequestContext): Promise<Response> {
  const { config } = context.services
  const admission = await admit(request, context)
  const url = new URL(request.url)
  const fields = speechFields(config.access)
  const voiceId = parseWith(fields.voiceId, url.pathname.split('/')[3], 'voice_id')
  const query = parseWith(elevenLabsQuerySchema(config.access), Object.fromEntries(url.searchParams))
  const body = await readJson(request, elevenLabsSchema(config.access), config.access.maxBodyBytes)
  const speech = camelCased({ ...query, ...body, voice_id: voiceId }) as SpeechRequest
  context.headers.set('request-id', context.requestId)
  context.headers.set('character-cost', String([...speech.text].length))
  return audioAnswer(publicBaseUrl(config, request), await admission.speak(speech))
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
  const names = snakeCase(path).split('.').filter(Boolean)
  const place = queryFields.includes(names[0] ?? '') ? 'query' : 'body'
  return { loc: [place, ...names], msg: message, type: 'value_error' }
}

const queryFields = ['output_format', 'enable_logging', 'optimize_streaming_latency']
