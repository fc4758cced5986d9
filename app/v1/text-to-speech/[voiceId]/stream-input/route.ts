import { elevenLabsError } from '#lib/http/drop-in/elevenlabs/errors.ts'
import { defineRoute } from '#lib/http/route.ts'
import { ServiceError } from '#lib/model/errors.ts'

export const dynamic = 'force-dynamic'

/** The server in front of Next.js answers WebSockets itself. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(
  {
    async GET() {
      const message =
        'This is a WebSocket: connect with ws:// or wss://. Where the service does not run its own server, as on Vercel, there are none; send whole texts to the path that ends with /stream'
      throw new ServiceError('upgrade_required', message, { headers: { Upgrade: 'websocket' } })
    },
  },
  { render: elevenLabsError },
)
