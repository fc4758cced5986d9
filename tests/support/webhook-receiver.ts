import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import type { Json } from './json.ts'
import { until } from './until.ts'

export const WEBHOOK_SECRET = `whsec_${Buffer.from('a secret of 32 bytes for a test!').toString('base64')}`

export interface ReceivedWebhook {
  id: string
  status: number
  /** What the package's own verifier made of it; `undefined` where it refused it. */
  message: Json
}

export interface WebhookReceiver {
  url: string
  received: ReceivedWebhook[]
  /** Answers the next messages by these statuses, later ones by 204. */
  answerNext(...statuses: number[]): void
  /** The messages about a clip that got through, once there are any. */
  waitFor(clipId: string, timeoutMs?: number): Promise<ReceivedWebhook[]>
  close(): void
}

/** Somebody who wants to be told, and who checks each message as the specification has it. */
export async function startWebhookReceiver(port = 0): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = []
  const statuses: number[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const status = statuses.shift() ?? 204
    const id = String(request.headers['webhook-id'])
    let message: unknown
    try {
      message = new Webhook(WEBHOOK_SECRET).verify(body, request.headers as Record<string, string>)
    } catch {}
    received.push({ id, status, message })
    // Whoever follows it is received once more.
    response.writeHead(status, status >= 300 && status < 400 ? { location: '/elsewhere' } : {}).end()
  })
  server.listen(port)
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answerNext: (...next) => void statuses.push(...next),
    waitFor: (clipId, timeoutMs = 10_000) =>
      until(
        `a webhook about ${clipId}`,
        () => {
          const about = received.filter(
            ({ message, status }) => message?.data.id === clipId && status === 204,
          )
          return about.length > 0 && about
        },
        { timeoutMs },
      ),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
