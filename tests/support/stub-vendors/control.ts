import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { LocalServer } from './local-server.ts'
import type { StubVendors } from './stub-vendors.ts'
import { scriptedMethods } from './stub-vendors.ts'

type Scripted = Omit<StubVendors, 'controlUrl' | 'close'>

/**
 * Lets other processes script the vendors: `GET /__control` gives their addresses, `POST /__control/<method>` with a
 * JSON array of arguments calls a method of `StubVendors` and answers what it returns.
 */
export async function openControl(vendors: Scripted, port: number): Promise<LocalServer> {
  const server = new LocalServer((request, response) => {
    answer(vendors, request, response).catch((error) => {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(`${error}\n`)
    })
  }, port)
  await server.open()
  return server
}

async function answer(vendors: Scripted, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/__control') {
    const { urls, pinataApiUrl } = vendors
    return sendJson(response, { urls, pinataApiUrl })
  }
  const name = request.url?.replace('/__control/', '')
  const method = scriptedMethods.find((known) => known === name)
  if (!method) throw new Error(`unknown: ${request.url}`)
  const body = await text(request)
  const call = vendors[method] as (...values: unknown[]) => Promise<unknown>
  const result = await call(...JSON.parse(body || '[]'))
  if (result instanceof Uint8Array) response.end(result)
  else sendJson(response, result ?? null)
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
