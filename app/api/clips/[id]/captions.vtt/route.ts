import { captionsHandler } from '#lib/http/answers/captions.ts'
import { anyOrigin } from '#lib/http/cors.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(
  { GET: captionsHandler('vtt') },
  { cors: anyOrigin },
)
