import { Readable } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { CatalogError } from '#lib/catalog/connection.ts'
import { newClipId } from '#lib/model/clip.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { createBucket } from '#lib/temp-audio/bucket.ts'
import { ForeignBucketError, type Owner, ownedBucket } from '#lib/temp-audio/owned-bucket.ts'
import { startS3 } from '../../support/servers/s3.ts'

async function openBucket() {
  const server = await startS3()
  const environment = server.environment()
  const plain = createBucket({
    bucket: server.bucket,
    endpoint: server.url,
    region: environment.S3_REGION ?? '',
    accessKeyId: environment.S3_ACCESS_KEY_ID,
    secretAccessKey: environment.S3_SECRET_ACCESS_KEY,
    clock: systemClock,
  })
  onTestFinished(async () => {
    await plain.close()
    await server.stop()
  })
  const by = (owner: Partial<Owner> & { id: Owner['id'] }) =>
    ownedBucket(plain, {
      name: server.bucket,
      clock: systemClock,
      owner: { countKnown: async () => 0, ...owner },
    })
  return { server, plain, by }
}

const named = (id: string) => ({ id: async () => id })
const put = (bucket: { upload: ReturnType<typeof ownedBucket>['upload'] }, id = newClipId()) =>
  bucket.upload(id, Readable.from([Buffer.from('audio')]), 5)
const idsIn = async (bucket: ReturnType<typeof ownedBucket>) =>
  (await Array.fromAsync(bucket.list())).map(({ id }) => id)

it('an empty bucket becomes that of the first catalog, on however many machines, and of no other', async () => {
  const { by, server } = await openBucket()
  const production = by(named('production'))
  const id = newClipId()
  await put(production, id)
  expect(await idsIn(by(named('production')))).toEqual([id])
  const staging = by(named('staging'))
  for (const use of [
    () => put(staging),
    () => idsIn(staging),
    () => staging.open(id),
    () => staging.delete(id),
  ]) {
    await expect(use()).rejects.toThrow(ForeignBucketError)
  }
  await expect(put(staging)).rejects.toThrow(
    'The bucket "voicepin" belongs to another catalog: take one that nobody else uses. Where it is to be this catalog\'s all the same, write the text staging into its object audio/voicepin-owner',
  )
  expect(server.objects()).toEqual([`audio/${id}`])
})

it('a bucket from before there were owners becomes that of the catalog that knows its clips', async () => {
  const { by, plain } = await openBucket()
  const id = newClipId()
  await put(plain, id)
  const knows = { countKnown: async (ids: string[]) => ids.filter((each) => each === id).length }
  await expect(idsIn(by(named('staging')))).rejects.toThrow('this catalog knows none of the first 1')
  expect(await idsIn(by({ ...named('production'), ...knows }))).toEqual([id])
  await expect(idsIn(by(named('staging')))).rejects.toThrow('belongs to another catalog')
})

it('a bucket is given to another catalog by the text that the refusal names', async () => {
  const { by, plain } = await openBucket()
  await put(by(named('gone')))
  await plain.upload('voicepin-owner', Readable.from([Buffer.from('heir\n')]), 5)
  expect(await idsIn(by(named('heir')))).toHaveLength(1)
})

it('a bucket is asked again once the catalog or the bucket works again', async () => {
  const { by, server } = await openBucket()
  let isSilent = true
  const owner = by({
    id: async () => {
      if (isSilent) throw new CatalogError('The catalog failed')
      return 'production'
    },
  })
  await expect(put(owner)).rejects.toThrow('The catalog failed')
  isSilent = false
  server.failWith(503)
  await expect(put(owner)).rejects.toThrow('503')
  server.failWith(undefined)
  await put(owner)
  const before = server.requests.length
  await put(owner)
  expect(server.requests.length - before).toBe(1)
})
