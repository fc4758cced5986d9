import { eitherError } from '#lib/http/drop-in/either-error.ts'
import { defineRoute, notFoundHandlers } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(notFoundHandlers, {
  render: eitherError,
})
