import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { createDatabase } from '#lib/catalog/connection.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { copyAudio } from '#lib/migrate-store/audio.ts'
import { newClipId } from '#lib/model/clip.ts'
import type { Bucket } from '#lib/temp-audio/bucket.ts'
import { createFilesystemStore } from '#lib/temp-audio/filesystem.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

it('a copy of the audio that fails finishes the uploads that it has begun, and begins no more', async () => {
  const directory = await temporaryDirectory()
  const source = createDatabase(sqliteFile(path.join(directory, 'catalog.sqlite')))
  onTestFinished(() => source.close())
  const files = createFilesystemStore({ directory: path.join(directory, 'audio') })
  for (let count = 0; count < 10; count += 1) await files.put(newClipId(), audio())
  const slow = Promise.withResolvers<void>()
  let uploads = 0
  const bucket: Pick<Bucket, 'list' | 'open' | 'upload'> = {
    async *list() {},
    open: async () => null,
    upload: async () => {
      uploads += 1
      if (uploads === 1) throw new Error('The bucket is away')
      await slow.promise
    },
  }
  let end: unknown
  const copying = copyAudio({ source, files, bucket: bucket as Bucket, onProgress() {} }).catch((error) => {
    end = error
  })
  await until('several uploads', () => uploads >= 4)
  await setImmediate()
  expect(end).toBeUndefined()
  slow.resolve()
  await copying
  expect(end).toMatchObject({ message: 'The bucket is away' })
  expect(uploads).toBe(4)
})

async function* audio() {
  yield new TextEncoder().encode('sound')
}
