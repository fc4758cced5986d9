import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** The network between the catalog and its server, which does what a test tells it to. */
export interface WeakNetwork {
  /** The server's URL through it. */
  url: string
  /** Takes connections and bytes, and lets nothing through. */
  hang(): void
  /** The same from the moment on that somebody sends `text`. */
  hangAt(text: string): void
  /** Ends every connection, and answers new ones as a server that is still starting. Resolves once one of them was. */
  refuseLogins(): Promise<void>
  /** Lets everything through again, on new connections. */
  mend(): void
  /** Ends every connection. */
  cut(): void
  /** Cuts, once, the connection that sends `text`: before the server has got it, or once it has answered. */
  cutAt(text: string, when: 'before' | 'after'): void
}

/** Stands between us and the server that `serverUrl` leads to, until the test ends. */
export async function weakNetwork(serverUrl: string): Promise<WeakNetwork> {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  let isHanging = false
  let onRefused: (() => void) | undefined
  let hangsAt: string | undefined
  let trap: { text: string; when: 'before' | 'after' } | undefined

  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    let isDoomed = false
    const end = () => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', end).on('close', end)
    }
    near.on('data', (bytes) => {
      if (hangsAt && bytes.includes(hangsAt)) isHanging = true
      if (isHanging) return
      if (onRefused) return refuse(near, bytes, onRefused)
      if (trap && bytes.includes(trap.text)) {
        const { when } = trap
        trap = undefined
        if (when === 'before') return end()
        isDoomed = true
      }
      far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (isDoomed) end()
      else if (!isHanging) near.write(bytes)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  const cut = () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  const url = new URL(serverUrl)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    cut,
    hang() {
      isHanging = true
    },
    hangAt(text) {
      hangsAt = text
    },
    refuseLogins() {
      const refused = Promise.withResolvers<void>()
      onRefused = refused.resolve
      cut()
      return refused.promise
    },
    mend() {
      isHanging = false
      onRefused = undefined
      hangsAt = undefined
      cut()
    },
    cutAt(text, when) {
      trap = { text, when }
    },
  }
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
function refuse(client: Socket, bytes: Buffer, onRefused: () => void): void {
  // Who asks for TLS first sends eight bytes.
  if (bytes.length === 8) return void client.write('N')
  const fields = 'SFATAL\0C57P03\0Mthe database system is starting up\0\0'
  const length = Buffer.alloc(4)
  length.writeInt32BE(length.length + fields.length)
  client.once('close', onRefused).end(Buffer.concat([Buffer.from('E'), length, Buffer.from(fields)]))
}
