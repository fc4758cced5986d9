import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below what systems hand out by themselves, to those who ask for any port and to those who connect. */
const FIRST = 15_000
const LAST = 32_000

/**
 * A port of this machine that nobody listens on at the moment, and that nobody gets who asks for any: it can be given
 * to a server that starts later, or comes back to it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
