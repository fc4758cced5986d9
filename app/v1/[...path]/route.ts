import { defineRoute, notFoundHandlers } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

/** A 404 in the shapes of ElevenLabs and of OpenAI at once, since the path does not show which of the two is meant. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(notFoundHandlers, {
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
