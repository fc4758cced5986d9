import { identifyCaller } from '#lib/http/admission.ts'
import { elevenLabsError, elevenLabsVoices } from '#lib/http/drop-in/elevenlabs.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(
  {
    async GET(request, context) {
      await identifyCaller(request, context)
      const { speech, tasks } = context.services
      return Response.json(elevenLabsVoices(await speech.voices({ signal: tasks.signal })))
    },
  },
  { render: elevenLabsError },
)
