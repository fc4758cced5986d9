import { defineRoute } from '#lib/http/route.ts'
import { ServiceError } from '#lib/model/errors.ts'

export const dynamic = 'force-dynamic'

const refuse = async (request: Request): Promise<Response> => {
  throw new ServiceError('not_found', `There is nothing at ${new URL(request.url).pathname}`)
}

const all = { GET: refuse, HEAD: refuse, POST: refuse, PUT: refuse, PATCH: refuse, DELETE: refuse }

/** In both shapes at once, since nobody knows which of the two was meant. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(all, {
  render({ status, body, headers }) {
    const { code, detail: message } = body
    return Response.json(
      {
        detail: { status: code, message },
        error: { message, type: 'invalid_request_error', param: null, code },
      },
      { status, headers: { ...headers, 'Content-Type': 'application/json' } },
    )
  },
})
