import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/servers/free-port.ts'

// A variable, since the package and its types are only there once this folder is installed.
const packageName = 'ipfs-daemon'

interface Ports {
  rpcPort: number
  gatewayPort: number
}

/** Starts an IPFS node (js-ipfs) that has nothing and talks to nobody, on `ports` of 127.0.0.1 or on free ones. */
export async function startIpfsNode(ports?: Ports) {
  const { Daemon } = await import(packageName)
  const repo = await mkdtemp(join(tmpdir(), 'ipfs-node-'))
  const { rpcPort, gatewayPort } = ports ?? { rpcPort: await freePort(), gatewayPort: await freePort() }
  const daemon = new Daemon({
    repo,
    offline: true,
    silent: true,
    init: { emptyRepo: true, algorithm: 'Ed25519' },
    config: {
      Addresses: {
        Swarm: [],
        API: `/ip4/127.0.0.1/tcp/${rpcPort}`,
        Gateway: `/ip4/127.0.0.1/tcp/${gatewayPort}`,
      },
      Bootstrap: [],
      Discovery: { MDNS: { Enabled: false }, webRTCStar: { Enabled: false } },
    },
  })
  await daemon.start()
  return {
    ports: { rpcPort, gatewayPort },
    rpcUrl: `http://127.0.0.1:${rpcPort}`,
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    async stop() {
      await daemon.stop()
      await rm(repo, { recursive: true })
    },
  }
}

/** A service in front of `rpcUrl` that does not know `dag/import`, as some hosted ones do not. */
export async function startWithoutDagImport(rpcUrl: string) {
  const server = createServer(async (request, response) => {
    if (request.url?.startsWith('/api/v0/dag/import')) {
      request.resume()
      response.writeHead(404).end('404 page not found')
      return
    }
    const { method = 'POST', headers } = request
    const answer = await fetch(`${rpcUrl}${request.url}`, {
      method,
      headers: { 'content-type': headers['content-type'] ?? '' },
      body: request as unknown as ReadableStream,
      duplex: 'half',
    } as RequestInit)
    response.writeHead(answer.status).end(await answer.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
