import type { ServerResponse } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { announce } from '#lib/ipfs/ipni/announce.ts'
import { startServer } from '../providers/faulty-server.ts'

const message = {
  head: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
  peerId: '12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf',
  address: '/dns4/voice.example/tcp/443/https',
}

it('a refusal of an indexer is read to a bound, and its connection is closed', async () => {
  const closed = Promise.withResolvers<void>()
  const goOn = (response: ServerResponse) => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
  }
  const server = await startServer((_, response) => {
    response.writeHead(503).on('close', closed.resolve)
    response.on('drain', () => goOn(response))
    goOn(response)
  })
  onTestFinished(server.close)
  const { signal } = new AbortController()

  await expect(announce(server.url, message, { signal })).rejects.toThrow('The indexer answered 503')
  await closed.promise
})
