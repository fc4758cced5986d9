import { openAiError, speakLikeOpenAi } from '../../../../lib/http/drop-in/openai.ts'
import { defineRoute } from '../../../../lib/http/route.ts'

export const dynamic = 'force-dynamic'
export const maxDuration = 120

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(
  { POST: speakLikeOpenAi },
  { render: openAiError },
)
