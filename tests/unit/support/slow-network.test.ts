import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { slowNetwork } from '../../support/servers/slow-network.ts'

it('a slow network carries bytes in their order, each round trip by its delay later', async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const network = await slowNetwork(`postgres://a:b@127.0.0.1:${port}/c`, 21)
  onTestFinished(async () => {
    await network.stop()
    server.close()
  })
  const begunAt = performance.now()
  const socket = connect(Number(new URL(network.url).port), '127.0.0.1').setEncoding('utf8')
  for (const letter of 'abcdef') socket.write(letter)
  let received = ''
  for await (const text of socket) {
    received += text
    if (received.length === 6) break
  }
  expect(received).toBe('abcdef')
  // A timer may fire up to a millisecond early.
  expect(performance.now() - begunAt).toBeGreaterThanOrEqual(19)
})
