import { expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '#lib/platform/clock.ts'
import { openGateway } from '../../../support/gateway-world.ts'
import { bytesOf, someContent } from '../../ipfs/content.ts'
import { type Handler, startServer } from '../../ipfs/providers/faulty-server.ts'

/** An S3 error, by its status. */
const refusal =
  (status: number, code: string): Handler =>
  (request, response) => {
    request.resume()
    response.writeHead(status, { 'content-type': 'application/xml' })
    response.end(`<Error><Code>${code}</Code><Message>As the test wants it.</Message></Error>`)
  }

const object = (sizeBytes: number) => ({ 'content-length': String(sizeBytes), 'content-type': 'audio/mpeg' })

it.each<[string, (bytes: Uint8Array) => Handler]>([
  ['answers 500', () => refusal(500, 'InternalError')],
  ['answers 503', () => refusal(503, 'SlowDown')],
  ['refuses the key', () => refusal(403, 'InvalidAccessKeyId')],
  ['does not exist', () => refusal(404, 'NoSuchBucket')],
  ['takes connections and says nothing', () => () => {}],
  ['resets connections', () => (request) => request.socket.destroy()],
  ['answers what is no S3', () => (_, response) => response.writeHead(200).end('<html>')],
  [
    'breaks off in the middle of an object',
    (bytes) => (request, response) => {
      response.writeHead(200, object(bytes.length))
      response.write(bytes.slice(0, 1000), () => request.socket.destroy())
    },
  ],
  [
    'falls silent in the middle of an object',
    (bytes) => (_, response) => {
      response.writeHead(200, object(bytes.length))
      response.write(bytes.slice(0, 1000))
    },
  ],
  [
    'has other bytes',
    (bytes) => (_, response) => response.writeHead(200, object(bytes.length)).end(bytes.toReversed()),
  ],
])('GET /ipfs is answered from a provider while the bucket %s', async (_, fault) => {
  const content = await someContent(48_000, 23)
  const bytes = await bytesOf(content.file)
  const bucket = await startServer(fault(bytes))
  const provider = await startServer((_, response) =>
    response.writeHead(200, { 'content-type': 'application/vnd.ipld.raw' }).end(bytes),
  )
  const environment = {
    IPFS_GATEWAYS: provider.url,
    S3_BUCKET: 'voicepin',
    S3_ENDPOINT: bucket.url,
    S3_ACCESS_KEY_ID: 'key',
    S3_SECRET_ACCESS_KEY: 'secret-of-the-test',
  }
  // Its time limits end twenty times sooner.
  const sleep: Clock['sleep'] = (ms, signal) => systemClock.sleep(ms / 20, signal)
  const world = await openGateway(environment, { clock: { ...systemClock, sleep } })
  onTestFinished(async () => {
    await world.services.s3?.bucket.close()
    await world.close()
    await Promise.all([bucket.close(), provider.close()])
  })
  await world.record(content, { provider: 'pinata', hasLocalBytes: true })
  for (const init of [{}, { headers: { range: 'bytes=0-9' } }, { method: 'HEAD' }]) {
    const response = await fetch(`${world.origin}/ipfs/${content.cid}`, init)
    expect([200, 206]).toContain(response.status)
    if (!('method' in init))
      expect(await response.bytes()).toEqual('headers' in init ? bytes.slice(0, 10) : bytes)
  }
})
