import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { startServer } from '../unit/ipfs/providers/faulty-server.ts'

/** A provider in memory with a gateway on a port of its own, which can lose what it holds. */
export async function startGatewayProvider(name: string) {
  const files = new Map<string, Uint8Array>()
  let requests = 0
  const state = { isDown: false, refuses: false }
  const server = await startServer((request: IncomingMessage, response: ServerResponse) => {
    requests += 1
    const cid = /^\/ipfs\/(\w+)/.exec(request.url ?? '')?.[1] ?? ''
    const bytes = files.get(cid)
    if (state.isDown) response.writeHead(503).end()
    else if (bytes) response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(bytes)
    else response.writeHead(404).end()
  })
  const provider: IpfsProvider = {
    name,
    gatewayUrl: server.url,
    async upload({ cid, file }: IpfsContent) {
      if (state.refuses) throw new Error('Refused')
      files.set(cid, new Uint8Array(await file.arrayBuffer()))
      return { cid }
    },
    async unpin(cid) {
      files.delete(cid)
      return true
    },
    // It still believes that it has what it has lost.
    holds: async () => true,
  }
  return {
    provider,
    state,
    files,
    close: server.close,
    get requests() {
      return requests
    },
  }
}
