import { defineList } from '#lib/http/drop-in/lists.ts'
import { openAiError } from '#lib/http/drop-in/openai/errors.ts'
import { openAiModel } from '#lib/http/drop-in/openai/models.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineList(
  ({ services, url }) => openAiModel(services, decodeURIComponent(url.pathname.slice('/v1/models/'.length))),
  openAiError,
)
