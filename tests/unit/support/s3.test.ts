import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect, it, onTestFinished } from 'vitest'
import { startS3 } from '../../support/servers/s3.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

function clientOf(environment: Record<string, string>) {
  return new S3Client({
    endpoint: environment.S3_ENDPOINT as string,
    region: environment.S3_REGION as string,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: {
      accessKeyId: environment.S3_ACCESS_KEY_ID as string,
      secretAccessKey: environment.S3_SECRET_ACCESS_KEY as string,
    },
  })
}

async function start(options?: Parameters<typeof startS3>[0]) {
  const server = await startS3(options)
  onTestFinished(() => server.stop())
  const client = clientOf(server.environment())
  onTestFinished(() => client.destroy())
  return { server, client, where: { Bucket: server.bucket, Key: 'audio/a' } }
}

it('keeps objects, and counts what it was asked', async () => {
  const { server, client, where } = await start()
  await client.send(new PutObjectCommand({ ...where, Body: Buffer.from('hello') }))
  const { Body } = await client.send(new GetObjectCommand({ ...where, Range: 'bytes=1-2' }))
  expect(await Body?.transformToString()).toBe('el')
  expect(server.objects()).toEqual(['audio/a'])
  expect(server.requests.at(-1)).toMatchObject({ method: 'GET', range: 'bytes=1-2' })
})

it('answers everything with the status it is told, until it is told otherwise', async () => {
  const { server, client, where } = await start()
  server.failWith(503)
  await expect(client.send(new PutObjectCommand({ ...where, Body: 'x' }))).rejects.toMatchObject({
    name: 'SlowDown',
    $metadata: { httpStatusCode: 503 },
  })
  server.failWith(undefined)
  await client.send(new PutObjectCommand({ ...where, Body: 'x' }))
  expect(server.objects()).toEqual(['audio/a'])
})

it('keeps objects beyond its end in a directory', async () => {
  const storageDirectory = await temporaryDirectory()
  const first = await start({ storageDirectory })
  await first.client.send(new PutObjectCommand({ ...first.where, Body: 'kept' }))
  await first.server.stop()
  const { server, client, where } = await start({ storageDirectory })
  const { Body } = await client.send(new GetObjectCommand(where))
  expect(await Body?.transformToString()).toBe('kept')
  expect(server.objects()).toEqual(['audio/a'])
})
