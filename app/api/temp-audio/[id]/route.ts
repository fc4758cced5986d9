import { afterAnswer } from '#lib/http/after-answer.ts'
import { answerTempAudio } from '#lib/http/bytes/temp-audio.ts'
import { anyOrigin } from '#lib/http/cors.ts'
import { defineRoute } from '#lib/http/route.ts'
import { getService } from '#lib/http/service.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(
  {
    async GET(request, context) {
      const response = await answerTempAudio(request, context)
      if (response.ok) afterAnswer(request, () => getService().afterTempAudio())
      return response
    },
    HEAD: answerTempAudio,
  },
  { cors: anyOrigin },
)
