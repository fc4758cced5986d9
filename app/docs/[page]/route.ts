import { documentNamed, textAnswer } from '#lib/http/documents.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request) {
    return textAnswer(await documentNamed(new URL(request.url).pathname.split('/')[2] ?? ''), 'markdown')
  },
})
