import { defineRoute, notFoundHandlers } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

/** In the shapes of ElevenLabs and of OpenAI at once: nothing tells which of the two the caller is written for. */
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
