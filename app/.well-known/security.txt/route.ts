import { securityTxt } from '#lib/http/answers/security-txt.ts'
import { textAnswer } from '#lib/http/documents.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  GET: async (_request, { services }) => textAnswer(securityTxt(services), 'plain'),
})
