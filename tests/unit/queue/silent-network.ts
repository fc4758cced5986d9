import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * Stands between us and the server that `serverUrl` leads to, until the test ends. After `fallSilent` the connections that
 * there are carry nothing any more and do not end either, as if a machine had gone; new ones are well.
 */
export async function silentNetwork(serverUrl: string): Promise<{ url: string; fallSilent(): void }> {
  const target = new URL(serverUrl)
  const silent = new WeakSet<Socket>()
  const sockets = new Set<Socket>()

  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    const pipe = (from: Socket, to: Socket) => {
      sockets.add(from)
      from.on('data', (bytes) => !silent.has(from) && to.write(bytes))
      from.on('error', () => {})
      from.on('close', () => !silent.has(from) && to.destroy())
    }
    pipe(near, far)
    pipe(far, near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const url = new URL(serverUrl)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    fallSilent() {
      for (const socket of sockets) silent.add(socket)
    },
  }
}
