import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, onTestFinished, vi } from 'vitest'
import { fetchContent } from '#lib/ipfs/blocks/fetch-content.ts'
import { bytesOf, someContent } from '../content.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

async function startGateway(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  onTestFinished(() => void server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it.each([
  ['a block', 100_000],
  ['a plain file', 2_500_000],
])('fetchContent takes no more of %s than the clip has', async (_, sizeBytes) => {
  const { cid } = await someContent(sizeBytes)
  const gatewayUrl = await startGateway((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(Buffer.alloc(sizeBytes + 1))
  })
  const { signal } = new AbortController()
  const options = { gatewayUrl, sizeBytes, spoolDirectory: tmpdir(), signal }
  const put = vi.fn()

  const fetching = fetchContent({ put }, cid, options)
  await expect(fetching).rejects.toThrow(`The gateway sent more than the ${sizeBytes} bytes`)
  expect(put).not.toHaveBeenCalled()
})

it('fetchContent does not lose a body when garbage is collected before it is read', async () => {
  const content = await someContent(2_500_000)
  const car = await bytesOf(content.car)
  const gatewayUrl = await startGateway((_, response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.ipld.car' }).end(car)
  })
  let receivedBytes = 0
  const store = {
    async put(_: string, body: AsyncIterable<Uint8Array>) {
      for (let turns = 0; turns < 5; turns += 1) {
        await turn()
        collectGarbage()
      }
      for await (const chunk of body) receivedBytes += chunk.byteLength
    },
  }
  const { signal } = new AbortController()
  const options = { gatewayUrl, sizeBytes: content.file.size, spoolDirectory: tmpdir(), signal }
  await fetchContent(store, content.cid, options)
  expect(receivedBytes).toBe(car.byteLength)
})
