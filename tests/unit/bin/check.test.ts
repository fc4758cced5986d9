import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { createBucket } from '#lib/temp-audio/bucket.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { bucketOptions, startServer } from '../temp-audio/s3-subject.ts'

const root = path.resolve(import.meta.dirname, '../../..')

it('the check of a configuration lists the bucket, and makes neither it nor the disk its own', async () => {
  const server = await startServer()
  const directory = await temporaryDirectory()
  const { stdout } = await promisify(execFile)(process.execPath, ['bin/check.ts'], {
    cwd: root,
    env: {
      NODE_ENV: 'production',
      PATH: process.env.PATH,
      TEMP_AUDIO_DIR: directory,
      IPFS_REPOSITORY_DIR: path.join(directory, 'ipfs'),
      ...server.environment(),
    },
  })
  expect(stdout).toMatch(/^ok +bucket +can be listed/m)
  const bucket = createBucket(bucketOptions(server))
  onTestFinished(() => bucket.close())
  expect(await bucket.open('voicepin-owner')).toBeNull()
  expect(await readdir(directory)).toEqual([])
})
