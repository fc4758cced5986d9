import { onTestFinished } from 'vitest'
import { LocalServer } from '../stub-vendors/local-server.ts'

/** A server that sends every caller to another one with `status`, and what that other one was asked. */
export async function redirectingServer(status: 302 | 307) {
  const asked: string[] = []
  const received: string[] = []
  const elsewhere = new LocalServer(async (request, response) => {
    received.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
    response.end()
  })
  await elsewhere.open()
  const server = new LocalServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    for await (const _ of request);
    response.writeHead(status, { location: elsewhere.url + request.url }).end()
  })
  await server.open()
  onTestFinished(async () => {
    await Promise.all([server.close(), elsewhere.close()])
  })
  return { url: server.url, asked, received }
}
