import { answerIpfs, gatewayCors } from '#lib/http/bytes/ipfs-gateway.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'
// Content that is not stored here is fetched from other gateways first.
export const maxDuration = 300

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(
  { GET: answerIpfs },
  { cors: gatewayCors },
)
