import { identifyCaller } from '#lib/http/admission.ts'
import { elevenLabsError, elevenLabsVoices } from '#lib/http/drop-in/elevenlabs.ts'
import { defineRoute } from '#lib/http/route.ts'
import { listVoices } from '#lib/speech/cached-voices.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(
  {
    async GET(request, context) {
      await identifyCaller(request, context)
      return Response.json(elevenLabsVoices(await listVoices(context.services)))
    },
  },
  { render: elevenLabsError },
)
