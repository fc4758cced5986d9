import { admit } from '#lib/http/admission.ts'
import { audioAnswer } from '#lib/http/answers/audio.ts'
import { readJson } from '#lib/http/body.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import type { SpeechRequest, SpeechVendor } from '#lib/speech/speech.ts'
import { type OpenAiBody, openAiSchema, outputFormats } from './request.ts'
import { speechEvents } from './speech-events.ts'
import { voiceOf } from './voices.ts'

/** Speaks as OpenAI does: the audio itself, or as events. */
export async function speakLikeOpenAi(request: Request, context: RequestContext): Promise<Response> {
  const { services } = context
  const { config, speech } = services
  const admission = await admit(request, context)
  const body = await readJson(request, openAiSchema(config.access), config.access.maxBodyBytes)
  const wanted: SpeechRequest = {
    text: body.input,
    voiceId: await voiceOf(services, typeof body.voice === 'object' ? body.voice.id : body.voice),
    modelId: body.model === undefined ? undefined : speech.vendor.modelForOpenAi?.(body.model),
    outputFormat: outputFormats[body.response_format ?? 'mp3'],
    voiceSettings: body.speed === undefined ? undefined : { speed: body.speed },
    instructions: instructionsOf(body, speech.vendor),
  }
  const speaking = await admission.speak(wanted)
  const baseUrl = publicBaseUrl(config, request)
  if (body.stream_format !== 'sse') return audioAnswer(baseUrl, speaking)
  return speechEvents(context, baseUrl, { speaking, text: body.input })
}

/** OpenAI's own `tts-1` and `tts-1-hd` ignore them, and so does a vendor that has nothing like them. */
function instructionsOf({ instructions, model = '' }: OpenAiBody, vendor: SpeechVendor): string | undefined {
  const isIgnored = /^tts-1(-hd)?$/.test(model) && vendor.fields.instructions === undefined
  return isIgnored ? undefined : instructions
}
