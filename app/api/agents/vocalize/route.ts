import { prefers } from '#lib/http/accept.ts'
import { admit } from '#lib/http/admission.ts'
import { audioAnswer } from '#lib/http/answers/audio.ts'
import { vocalizeAnswer } from '#lib/http/answers/vocalize.ts'
import { vocalizeEvents } from '#lib/http/answers/vocalize-events.ts'
import { readJson } from '#lib/http/body.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { defineRoute } from '#lib/http/route.ts'
import { vocalizeSchema } from '#lib/http/speech-fields.ts'

export const dynamic = 'force-dynamic'
// The upload goes on after the answer was sent.
export const maxDuration = 300

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async POST(request, context) {
    const { config } = context.services
    const admission = await admit(request, context)
    const body = await readJson(request, vocalizeSchema(config.access), config.access.maxBodyBytes)
    const baseUrl = publicBaseUrl(config, request)
    const speaking = await admission.speak(body)
    if (prefers(request, 'text/event-stream')) return vocalizeEvents(context, baseUrl, speaking)
    if (prefers(request, 'audio/*')) return audioAnswer(baseUrl, speaking)
    const answer = vocalizeAnswer(await speaking.speak(), baseUrl)
    return jsonResponse(answer, { headers: { 'Cache-Control': 'no-store' } })
  },
})
