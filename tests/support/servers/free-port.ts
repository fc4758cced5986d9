import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below what systems hand out by themselves, to those who ask for any port and to those who connect. */
const FIRST = 15_000
const LAST = 32_000

// Until this process ends. A server that is started again finds its port as it left it.
const claims: Socket[] = []

/**
 * A port of this machine that nobody listens on at the moment, that nobody gets who asks for any, and that this
 * function gives to no other call, of this process or another: it can be given to a server that starts later, or
 * comes back to it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    if ((await claim(port)) && (await isFree(port))) return port
  }
}

/** Whether this call is the first to ask for `port`. Held by its number in UDP: a process that ends lets go of it. */
async function claim(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  socket.bind({ port, address: '127.0.0.1', exclusive: true })
  try {
    await once(socket, 'listening')
  } catch {
    socket.close()
    return false
  }
  socket.unref()
  claims.push(socket)
  return true
}

async function isFree(port: number): Promise<boolean> {
  // On all addresses, as servers do.
  const server = createServer().listen(port)
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
