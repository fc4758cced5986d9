import { defineRoute } from '#lib/http/route.ts'
import { ServiceError } from '#lib/model/errors.ts'

export const dynamic = 'force-dynamic'

const refuse = async (request: Request): Promise<Response> => {
  throw new ServiceError('not_found', `There is nothing at ${new URL(request.url).pathname}`)
}

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  GET: refuse,
  HEAD: refuse,
  POST: refuse,
  PUT: refuse,
  PATCH: refuse,
  DELETE: refuse,
})
