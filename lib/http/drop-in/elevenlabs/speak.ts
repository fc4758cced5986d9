import { admit, type Speaking } from '#lib/http/admission.ts'
import { audioAnswer } from '#lib/http/answers/audio.ts'
import { parseWith, readJson } from '#lib/http/body.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import { camelCased } from '#lib/platform/letter-case.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import { elevenLabsQuerySchema, elevenLabsSchema, voiceIdIn } from './request.ts'

/** Speaks as ElevenLabs does. Its routes for whole and for streamed audio share this: its SDK reads both alike. */
export async function speakLikeElevenLabs(request: Request, context: RequestContext): Promise<Response> {
  const { speaking, baseUrl } = await readAndAdmit(request, context)
  return audioAnswer(baseUrl, speaking)
}

/**
 * Admits the caller, and reads what is to be spoken, with `more` beside what the caller asks for.
 *
 * @throws ServiceError as `admit` and `speak` do, `invalid_request`
 */
export async function readAndAdmit(
  request: Request,
  context: RequestContext,
  more: Partial<SpeechRequest> = {},
): Promise<{ speaking: Speaking; baseUrl: string }> {
  const { config } = context.services
  const admission = await admit(request, context)
  const url = new URL(request.url)
  const voiceId = voiceIdIn(url.pathname)
  const query = parseWith(elevenLabsQuerySchema(config.access), Object.fromEntries(url.searchParams))
  const body = await readJson(request, elevenLabsSchema(config.access), config.access.maxBodyBytes)
  const speech = { ...(camelCased({ ...query, ...body }) as SpeechRequest), voiceId, ...more }
  context.headers.set('request-id', context.requestId)
  context.headers.set('character-cost', String([...speech.text].length))
  return { speaking: await admission.speak(speech), baseUrl: publicBaseUrl(config, request) }
}
