import { after } from 'next/server'
import { answerTempAudio } from '#lib/http/bytes/temp-audio.ts'
import { anyOrigin } from '#lib/http/cors.ts'
import { defineRoute } from '#lib/http/route.ts'
import { getService } from '#lib/http/service.ts'

export const dynamic = 'force-dynamic'

// `bin/server.ts` answers GET and HEAD before Next.js, with a Content-Length; this serves where it does not run.
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(
  {
    async GET(request, context) {
      const response = await answerTempAudio(request, context)
      if (response.ok) after(() => getService().afterTempAudio())
      return response
    },
    HEAD: answerTempAudio,
  },
  { cors: anyOrigin },
)
