import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A network on which every round trip to a server takes longer. */
export interface SlowNetwork {
  /** The server's URL through it. */
  url: string
  /** Has round trips take as long as this from now on, which must be longer than before. */
  slowDown(roundTripMs: number): void
  stop(): Promise<void>
}

/**
 * Stands between the processes of this machine and the server that `serverUrl` leads to. `roundTripMs`, whole
 * milliseconds, are half for each way; the order of the bytes and the ends of connections stay, errors become ends.
 */
export async function slowNetwork(serverUrl: string, roundTripMs: number): Promise<SlowNetwork> {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  let currentMs = roundTripMs
  const thereMs = () => Math.ceil(currentMs / 2)
  const backMs = () => currentMs - thereMs()
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: Number(target.port), host: target.hostname, noDelay: true })
    pass(near, far, thereMs)
    pass(far, near, backMs)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(serverUrl)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    slowDown(longerMs) {
      // What is under way would be overtaken.
      if (longerMs < currentMs) throw new RangeError(`${longerMs} ms are less than ${currentMs} ms`)
      currentMs = longerMs
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Timers of one length fire in the order in which they were set, and longer ones after shorter ones set before. */
function pass(from: Socket, to: Socket, delayMs: () => number): void {
  from.on('data', (bytes) => setTimeout(() => to.write(bytes), delayMs()))
  from.on('close', () => setTimeout(() => to.destroy(), delayMs()))
}
