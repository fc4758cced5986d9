import { admit } from '#lib/http/admission.ts'
import { audioAnswer } from '#lib/http/answers/audio.ts'
import { readJson } from '#lib/http/body.ts'
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
    return audioAnswer(publicBaseUrl(config, request), await admission.speak(body))
  },
})
